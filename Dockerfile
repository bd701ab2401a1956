# Two images from one file, because they are the same program on the same system: a plan is bound to the version of
# ansible-core, so the agents need the one that the servers have.
#   docker build --target server -t chiffon-server .
#   docker build --target agent -t chiffon-agent .
# Debian 12 is what Chiffon is tested on; Node.js is the version of tools/runtime.
ARG BASE=docker.io/library/node:24.21.0-bookworm-slim

FROM ${BASE} AS build
WORKDIR /build
COPY package.json package-lock.json .npmrc ./
COPY web/package.json web/
RUN npm ci --ignore-scripts
COPY tsconfig.json tsconfig.build.json ./
COPY tools/build.mjs tools/
COPY tools/setup/places.mjs tools/setup/
COPY src src
COPY web web
RUN node tools/build.mjs && cd web && node ../node_modules/vite/bin/vite.js build --logLevel=warn

FROM ${BASE} AS dependencies
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
COPY web/package.json web/
# The optional packages are the database that is built in; these images use a PostgreSQL server.
RUN npm ci --ignore-scripts --omit=dev --omit=optional --workspaces=false && rm -rf web .npmrc package-lock.json

FROM ${BASE} AS runtime
RUN apt-get update \
    && apt-get install -y --no-install-recommends \
        ansible-core bubblewrap ca-certificates git openssh-client procps python3 tini \
    && rm -rf /var/lib/apt/lists/* \
    && groupadd --gid 10001 chiffon \
    && useradd --uid 10001 --gid 10001 --create-home --shell /usr/sbin/nologin chiffon \
    && install -d -o chiffon -g chiffon -m 0700 /data /shared \
    && ln -s /app/dist/main.js /usr/local/bin/chiffon
WORKDIR /app
COPY --from=dependencies /app ./
COPY LICENSE ./
COPY examples examples
COPY --from=build /build/web/dist web/dist
COPY --from=build /build/dist dist
ENV NODE_ENV=production LANG=C.UTF-8 CHIFFON_DATA=/data
USER 10001:10001
VOLUME /data
STOPSIGNAL SIGTERM
# It passes signals on, and takes care of supervisors whose parent has ended.
ENTRYPOINT ["/usr/bin/tini", "--", "chiffon"]

FROM runtime AS agent
HEALTHCHECK --interval=30s --timeout=10s --start-period=60s --retries=3 CMD ["chiffon", "health", "agent"]
CMD ["agent"]

FROM runtime AS server
ENV CHIFFON_SHARED=/shared
VOLUME /shared
EXPOSE 7707
HEALTHCHECK --interval=30s --timeout=10s --start-period=60s --retries=3 CMD ["chiffon", "health", "server"]
CMD ["server", "--host", "0.0.0.0"]
