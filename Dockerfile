# docker build -t tidemark . && docker run -p 6379:6379 -v tidemark:/data tidemark
FROM debian:12-slim AS build
WORKDIR /src
COPY debian-packages.txt .
# Nothing may start a service while the image is built.
RUN printf '#!/bin/sh\nexit 101\n' > /usr/sbin/policy-rc.d && chmod 755 /usr/sbin/policy-rc.d \
 && apt-get update -qq \
 && sed -e 's/#.*//' debian-packages.txt \
    | DEBIAN_FRONTEND=noninteractive xargs apt-get install -y -qq --no-install-recommends
COPY . .
RUN cmake --preset release -DTIDEMARK_TESTS=OFF \
 && cmake --build --preset release --target tidemark-server \
 && strip -o /tidemark-server build/release/bin/tidemark-server

FROM debian:12-slim
# The shared libraries that the server is linked with; jemalloc is linked statically.
RUN apt-get update -qq \
 && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
    libuv1 librocksdb7.8 libfmt9 libxxhash0 \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --system --home-dir /data --shell /usr/sbin/nologin tidemark \
 && install -d -o tidemark -g tidemark /data
COPY --from=build /tidemark-server /usr/local/bin/tidemark-server
COPY --from=build /src/conf/tidemark.conf /etc/tidemark/tidemark.conf
USER tidemark
WORKDIR /data
VOLUME /data
EXPOSE 6379
ENTRYPOINT ["tidemark-server"]
CMD ["/etc/tidemark/tidemark.conf", "--bind", "0.0.0.0", "--protected-mode", "no", "--store-path", "/data"]
