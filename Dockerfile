# syntax=docker/dockerfile:1

# The image brings the C compiler that the cryptography library needs.
FROM rust:1.95-slim-bookworm AS build
WORKDIR /build
COPY . .
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/build/target \
    cargo build --release --locked --bin pain-journal \
    && install -m 0755 target/release/pain-journal /usr/local/bin/pain-journal

FROM debian:bookworm-slim
RUN groupadd --system --gid 10001 pain-journal \
    && useradd --system --uid 10001 --gid pain-journal --home-dir /data --no-create-home \
        --shell /usr/sbin/nologin pain-journal \
    && install -d -m 0700 -o pain-journal -g pain-journal /data
COPY --from=build /usr/local/bin/pain-journal /usr/local/bin/pain-journal

USER 10001:10001
WORKDIR /data
VOLUME /data
ENV PAIN_JOURNAL_DATA_DIR=/data \
    PAIN_JOURNAL_LISTEN=0.0.0.0:8080
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 \
    CMD ["pain-journal", "health"]
# The image holds no PostgreSQL: set DATABASE_URL, as docker-compose.yml does.
ENTRYPOINT ["pain-journal"]
CMD ["serve"]
