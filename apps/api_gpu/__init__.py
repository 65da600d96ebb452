"""The HTTP service, started as `uvicorn apps.api_gpu.main:app`."""
