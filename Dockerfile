# The program in a container. PM2 is left out: the container's own restart policy does its work.
#
#   docker build -t websocket-streamer .
#   docker run -d --init --stop-timeout 15 -v "$PWD/data:/data" websocket-streamer
#   docker exec <container> streamer-status --config /data/config.json
#
# The configuration is /data/config.json; without one, all defaults hold.
FROM node:22-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc tsconfig.json tsconfig.build.json rolldown.config.ts rolldown.page.config.ts ./
COPY src ./src
RUN npm ci && npm prune --omit=dev --ignore-scripts

FROM node:22-slim
WORKDIR /app
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
RUN ln -s /app/dist/cli.js /usr/local/bin/streamer \
 && ln -s /app/dist/status-cli/main.js /usr/local/bin/streamer-status \
 && mkdir /data && chown node:node /data
USER node
WORKDIR /data
VOLUME /data
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s CMD ["streamer-status"]
ENTRYPOINT ["streamer"]
CMD ["run"]
