"""`python -m apps.tilt_api`: serve on VLLM_HOST and VLLM_PORT until told to stop or until the engine ends."""

from apps.tilt_api.launch import serve

if __name__ == "__main__":
    serve()
