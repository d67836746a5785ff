# The server and the jobs in one image: `docker build --build-arg COMMIT=$(git rev-parse HEAD) .`
# Without arguments a container runs the server; `buildhub walk` and the others are commands in it.
FROM python:3.13-slim AS build
WORKDIR /src
COPY . .
ARG COMMIT=""
ARG BUILD=""
RUN python -m venv /opt/buildhub \
    && python -c "import json, pathlib, sys; \
file = pathlib.Path('server/kinto_buildhub/version.json'); \
known = json.loads(file.read_text()); \
file.write_text(json.dumps(known | {'commit': sys.argv[1], 'build': sys.argv[2]}))" \
        "$COMMIT" "$BUILD" \
    && /opt/buildhub/bin/pip install --no-cache-dir '.[aws,gcp,export,webhooks]' \
    && mkdir /app \
    && cp server/kinto_buildhub/version.json /app/version.json

FROM python:3.13-slim
RUN groupadd --gid 10001 app \
    && useradd --uid 10001 --gid 10001 --home-dir /app --no-create-home app \
    && install --directory --owner app --group app /app /data
COPY --from=build --chown=app:app /app/version.json /app/version.json
COPY --from=build /opt/buildhub /opt/buildhub
ENV PATH=/opt/buildhub/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    BUILDHUB_DATA=/data \
    HOST=0.0.0.0 \
    PORT=8888
WORKDIR /app
USER 10001:10001
VOLUME /data
EXPOSE 8888
HEALTHCHECK --interval=30s --timeout=10s --start-period=60s CMD ["python", "-c", \
    "import os, urllib.request as http; http.urlopen(f'http://127.0.0.1:{os.environ[\"PORT\"]}/v1/__lbheartbeat__', timeout=5)"]
CMD ["buildhub", "serve"]
