# Production images, two of them:
#
#   docker build -t ocrlty-cpu --target cpu .                         API and workers, where there is no GPU
#   docker build -t ocrlty .                                          the API and the TILT server in one container, for one GPU of
#                                                                     compute capability 8.0 or newer; compiles vllm: an hour on
#                                                                     16 cores, 64 GB of memory
#   docker build -t ocrlty --build-arg WHEEL_FROM=url --build-arg TILT_WHEEL_URL=https://... \
#     --build-arg TILT_WHEEL_SHA256=... .                             takes a wheel that was compiled before
#   ... --build-arg FETCH_LANGS="ru uk"                               brings PaddleOCR's official models along
#   ... --build-arg ENGINES="onnxruntime"                         without OpenVINO, 180 MB less; with paddle, 760 MB more
#   ... --build-arg SPEED=fast                                    with the weights of OCR_SPEED=fast, 5 MB more
#   ... --build-arg PYTHON_IMAGE=docker.io/library/python@sha256:...  the base by its digest; CUDA_IMAGE likewise
#
# Needs BuildKit (Docker's default), which skips the stages that are not asked for.
ARG WHEEL_FROM=source
# vllm, or torch: Arctic-TILT on plain PyTorch, which compiles nothing.
ARG TILT_ENGINE=vllm
ARG PYTHON_IMAGE=docker.io/library/python:3.11-slim
ARG CUDA_IMAGE=docker.io/nvidia/cuda:12.4.1-devel-ubuntu22.04

# --- the API's environment, without pip, which nothing needs once it is made
FROM ${PYTHON_IMAGE} AS api
ARG PIP_INDEX_URL
ARG PIP_EXTRA_INDEX_URL
ARG ENGINES="onnxruntime openvino"
ARG SPEED=exact
COPY requirements-cpu.txt requirements-fast.txt scripts/install_packages.sh /tmp/
RUN python -m venv /opt/api \
 && bash /tmp/install_packages.sh /opt/api/bin/python /tmp/requirements-cpu.txt "$ENGINES" "$SPEED" \
 && /opt/api/bin/python -m pip uninstall --quiet --yes pip

# --- target cpu: the API, and with another command a worker of jobs (docker-compose.yml)
FROM ${PYTHON_IMAGE} AS cpu
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="OCRlty" \
      org.opencontainers.image.description="Invoices and receipts in, normalized JSON out, without a GPU." \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"

# Debian packages that the service runs with; libgomp1 is for OCR_ENGINE=paddle, the data of Tesseract (17 MB) reads scans in
# other scripts than Latin, Chinese and Japanese. Neither a compiler nor an installer.
RUN apt-get update \
 && apt-get install -y --no-install-recommends libgomp1 tini \
      tesseract-ocr-script-cyrl tesseract-ocr-ell tesseract-ocr-ara tesseract-ocr-heb tesseract-ocr-tha tesseract-ocr-kor \
      tesseract-ocr-hin tesseract-ocr-kat tesseract-ocr-eng \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --create-home --uid 1000 ocrlty \
 && install -d -o ocrlty -g ocrlty /uploads /opt/paddlex

COPY --from=api /opt/api /opt/api
WORKDIR /app
COPY apps apps
COPY lib lib
COPY configs configs
COPY scripts scripts
# Compiled here, because neither a user other than root nor a read-only root can keep what Python compiles.
RUN /opt/api/bin/python -m compileall -q --invalidation-mode unchecked-hash apps lib scripts

USER ocrlty
ENV PATH=/opt/api/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=/app PADDLE_PDX_CACHE_HOME=/opt/paddlex
# PaddleX makes its folders when it is imported, and ends where it cannot: on a read-only root they have to be there.
RUN python -c 'import paddleocr'
# PaddleOCR's official models go there, too; fails the build where no model hub is in reach.
ARG FETCH_LANGS=""
RUN [ -z "$FETCH_LANGS" ] || python -m scripts.fetch_models $FETCH_LANGS

EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=15s --timeout=5s --start-period=5m --retries=4 \
  CMD ["python", "-m", "scripts.probe", "http://127.0.0.1:8000/readyz"]
ENTRYPOINT ["tini", "--"]
CMD ["uvicorn", "apps.api_gpu.main:app", "--host", "0.0.0.0", "--port", "8000", "--workers", "1", "--http", "apps.api_gpu.http_protocol:GuardedProtocol", "--timeout-keep-alive", "75", "--timeout-graceful-shutdown", "4"]

# --- vllm 0.8.3+tilt from source: the index's 0.8.3 lacks an argument of TILT's kernels and dies at its first answer.
FROM ${CUDA_IMAGE} AS wheel-source
ARG TILT_COMMIT=4aff3bb9
ARG TILT_BUILD=0.8.3+tilt
ARG TORCH_CUDA_ARCH_LIST="8.0;8.6;8.9;9.0"
ARG MAX_JOBS=8
RUN apt-get update \
 && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends ca-certificates git python3-pip \
 && rm -rf /var/lib/apt/lists/* \
 && pip3 install --no-cache-dir "uv>=0.13,<0.14"
RUN git clone --filter=blob:none --no-checkout https://github.com/Snowflake-Labs/arctic-tilt /src \
 && git -C /src checkout -q "$TILT_COMMIT"
WORKDIR /src
# uv's Python brings its headers; Ubuntu 22.04 has only a release candidate of 3.11.
RUN uv venv --python 3.11 --managed-python --seed /build \
 && /build/bin/pip install --no-cache-dir -r requirements/build.txt
ENV VLLM_TARGET_DEVICE=cuda SETUPTOOLS_SCM_PRETEND_VERSION=${TILT_BUILD} NVCC_THREADS=1 PATH=/build/bin:$PATH
RUN MAX_JOBS="$MAX_JOBS" TORCH_CUDA_ARCH_LIST="$TORCH_CUDA_ARCH_LIST" \
    pip wheel --no-cache-dir --no-deps --no-build-isolation --wheel-dir /wheels . \
 && ls "/wheels/vllm-$TILT_BUILD"-cp311-*.whl

# --- the same wheel, compiled before
FROM ${PYTHON_IMAGE} AS wheel-url
ARG TILT_WHEEL_URL
ARG TILT_WHEEL_SHA256
ARG TILT_BUILD=0.8.3+tilt
RUN mkdir /wheels \
 && python -c 'import sys, urllib.request; urllib.request.urlretrieve(*sys.argv[1:])' \
      "$TILT_WHEEL_URL" "/wheels/vllm-$TILT_BUILD-cp311-cp311-linux_x86_64.whl" \
 && echo "$TILT_WHEEL_SHA256  /wheels/vllm-$TILT_BUILD-cp311-cp311-linux_x86_64.whl" | sha256sum -c -

FROM wheel-${WHEEL_FROM} AS wheel

# --- the TILT server's environment: hashes are checked, vllm comes last and brings nothing along
FROM ${PYTHON_IMAGE} AS tilt-vllm
ARG PIP_INDEX_URL
ARG PIP_EXTRA_INDEX_URL
COPY requirements-gpu.txt /tmp/
RUN python -m venv /opt/tilt \
 && /opt/tilt/bin/pip install --no-cache-dir --disable-pip-version-check --no-deps --require-hashes -r /tmp/requirements-gpu.txt
COPY --from=wheel /wheels /wheels
RUN /opt/tilt/bin/pip install --no-cache-dir --disable-pip-version-check --no-deps /wheels/*.whl

# --- the same on PyTorch; PIP_EXTRA_INDEX_URL may lead to torch's build for the CPU
FROM ${PYTHON_IMAGE} AS tilt-torch
ARG PIP_INDEX_URL
ARG PIP_EXTRA_INDEX_URL
COPY requirements-torch.txt /tmp/
RUN python -m venv /opt/tilt \
 && /opt/tilt/bin/pip install --no-cache-dir --disable-pip-version-check -r /tmp/requirements-torch.txt

FROM tilt-${TILT_ENGINE} AS tilt

# --- the target without a name, for a GPU; torch's wheels bring CUDA's libraries, the host brings the driver
FROM ${PYTHON_IMAGE}
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="OCRlty" \
      org.opencontainers.image.description="Invoices and receipts in, normalized JSON out, on your own machines." \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"

# Triton compiles a launcher when it first runs: gcc, and Python's headers, which this image has.
RUN apt-get update \
 && apt-get install -y --no-install-recommends gcc libc6-dev libgl1 libglib2.0-0 tini \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --create-home --uid 1000 ocrlty

# What reads scans in other scripts than Latin, Chinese and Japanese (17 MB).
RUN apt-get update \
 && apt-get install -y --no-install-recommends \
      tesseract-ocr-script-cyrl tesseract-ocr-ell tesseract-ocr-ara tesseract-ocr-heb tesseract-ocr-tha tesseract-ocr-kor \
      tesseract-ocr-hin tesseract-ocr-kat tesseract-ocr-eng \
 && rm -rf /var/lib/apt/lists/*

COPY --from=api /opt/api /opt/api
COPY --from=tilt /opt/tilt /opt/tilt
WORKDIR /app
COPY apps apps
COPY lib lib
COPY configs configs
COPY scripts scripts

# Into the home folder of the user who will read with them; fails the build where no model hub is in reach.
ARG FETCH_LANGS=""
RUN [ -z "$FETCH_LANGS" ] \
 || su -s /bin/sh ocrlty -c "PYTHONDONTWRITEBYTECODE=1 /opt/api/bin/python -m scripts.fetch_models $FETCH_LANGS"

# Started as root only to make its folders on the volume, which is root's on RunPod; then it becomes RUN_AS. Started with
# --user, it stays who it is.
ENV RUN_AS=ocrlty PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
    NVIDIA_VISIBLE_DEVICES=all NVIDIA_DRIVER_CAPABILITIES=compute,utility
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=15s --timeout=5s --start-period=15m --retries=4 \
  CMD /opt/api/bin/python -m scripts.probe "http://127.0.0.1:${API_PORT:-${PORT_API:-8000}}/readyz"
ENTRYPOINT ["tini", "--", "bash", "scripts/entrypoint.sh"]
