# docker build -t bulkpg . && docker run --rm -v "$PWD:/shop" bulkpg run
FROM debian:12-slim AS build
WORKDIR /src
COPY . .
RUN apt-get update && scripts/install-packages.sh build && \
    make -j"$(nproc)" && make install DESTDIR=/made PREFIX=/usr

FROM debian:12-slim
RUN apt-get update && apt-get install -y --no-install-recommends \
      ca-certificates libcurl4 libini-config5 libmd0 libmicrohttpd12 libpq5 \
      libxxhash0 libyajl2 libzstd1 zlib1g && \
    rm -rf /var/lib/apt/lists/*
COPY --from=build /made/usr /usr
# Mount the folder with bulkpg.ini and queries/; secrets by env:, or as files
# that this user can read.
USER 65534:65534
WORKDIR /shop
ENTRYPOINT ["bulkpg"]
CMD ["--help"]
