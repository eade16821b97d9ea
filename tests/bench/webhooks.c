/*
 * webhooks - sends signed webhooks at a fixed rate, and measures the answers.
 *
 *     webhooks PORT RATE SECONDS CONNECTIONS BODY_BYTES DOMAIN SECRET
 *
 * Each webhook has an id of its own, and is sent when it is due, whether or not
 * earlier ones were answered. If all connections are busy, it waits, and its
 * time counts from when it was due. The program prints one JSON object: how
 * many were sent, the answers by status, and percentiles of the time until the
 * answer, in milliseconds.
 */
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <unistd.h>

#include "hook/signature.h"

#define PROGRAM "webhooks"
#include "program.h"

enum { REQUEST_BYTES = 2 * 1024 * 1024, ANSWER_BYTES = 2048, PATIENCE_S = 20 };

struct connection {
    int fd;
    long webhook; /* that it waits for; -1: none */
    int64_t due_ns;
    char answer[ANSWER_BYTES];
    size_t length;
};

static struct sockaddr_in server;
static char request[REQUEST_BYTES];
static char *body;
static size_t body_bytes;
static const char *domain, *secret;
static int64_t *times; /* of each answered webhook */
static long answered, lost;
static long statuses[600];

static void
open_connection(struct connection *one)
{
    int on = 1;

    one->fd = socket(AF_INET, SOCK_STREAM, 0);
    if (one->fd < 0 ||
        connect(one->fd, (struct sockaddr *)&server, sizeof(server)) != 0)
        fail("connect");
    setsockopt(one->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    one->webhook = -1;
    one->length = 0;
}

static void
send_webhook(struct connection *one, long number, int64_t due_ns)
{
    char signature[SIGNATURE_TEXT];
    int length;
    size_t sent = 0, all;

    length = snprintf(body, 32, "{\"id\":%ld,\"text\":\"", 1000000 + number);
    body[length] = 'x';
    signature_write(span_str(secret), span_of(body, body_bytes), signature);
    length = snprintf(
        request, sizeof(request),
        "POST / HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\n"
        "X-Shopify-Topic: products/update\r\nX-Shopify-Shop-Domain: %s\r\n"
        "X-Shopify-Hmac-SHA256: %s\r\nX-Shopify-Event-Id: event-%ld\r\n"
        "X-Shopify-Triggered-At: 2026-01-02T03:04:05Z\r\n"
        "Content-Length: %zu\r\n\r\n",
        domain, signature, number, body_bytes);
    memcpy(&request[length], body, body_bytes);
    for (all = (size_t)length + body_bytes; sent < all;) {
        ssize_t part = send(one->fd, &request[sent], all - sent, MSG_NOSIGNAL);

        if (part < 0) {
            lost++;
            close(one->fd);
            open_connection(one);
            return;
        }
        sent += (size_t)part;
    }
    one->webhook = number;
    one->due_ns = due_ns;
}

/* The answers are short, and none comes before the request was sent. */
static void
take_answer(struct connection *one)
{
    ssize_t part = recv(one->fd, &one->answer[one->length],
                        ANSWER_BYTES - 1 - one->length, 0);
    const char *end, *length;
    int status;

    if (part <= 0) {
        lost += one->webhook >= 0;
        close(one->fd);
        open_connection(one);
        return;
    }
    one->length += (size_t)part;
    one->answer[one->length] = '\0';
    end = strstr(one->answer, "\r\n\r\n");
    length = strcasestr(one->answer, "content-length:");
    if (end == NULL || length == NULL ||
        one->length <
            (size_t)(end + 4 - one->answer) + strtoul(length + 15, NULL, 10))
        return;
    status = atoi(&one->answer[9]);
    statuses[status > 0 && status < 600 ? status : 0]++;
    times[answered++] = now_ns() - one->due_ns;
    one->webhook = -1;
    one->length = 0;
}

static int
compare_times(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

    return (x > y) - (x < y);
}

static double
percentile(double part)
{
    return answered > 0
               ? (double)times[(long)((double)(answered - 1) * part)] / 1e6
               : 0;
}

static void
print_result(long sent)
{
    qsort(times, (size_t)answered, sizeof(*times), compare_times);
    printf("{\"sent\": %ld, \"answered\": %ld, \"lost\": %ld", sent, answered,
           lost);
    for (int i = 0; i < 600; i++)
        if (statuses[i] > 0)
            printf(", \"status_%d\": %ld", i, statuses[i]);
    printf(", \"p50_ms\": %.2f, \"p90_ms\": %.2f, \"p99_ms\": %.2f, "
           "\"p999_ms\": %.2f, \"max_ms\": %.2f}\n",
           percentile(0.5), percentile(0.9), percentile(0.99),
           percentile(0.999), percentile(1));
}

int
main(int argc, char **argv)
{
    long rate, count, sent = 0, connections;
    struct connection *all;
    struct pollfd *fds;
    int64_t began;

    if (argc != 8)
        return 64;
    server = (struct sockaddr_in){.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)atoi(argv[1]))};
    server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    rate = atol(argv[2]);
    count = rate * atol(argv[3]);
    connections = atol(argv[4]);
    body_bytes = strtoul(argv[5], NULL, 10);
    domain = argv[6];
    secret = argv[7];
    body = malloc(body_bytes + 1);
    times = calloc((size_t)count, sizeof(*times));
    all = calloc((size_t)connections, sizeof(*all));
    fds = calloc((size_t)connections, sizeof(*fds));
    memset(body, 'x', body_bytes);
    memcpy(&body[body_bytes - 2], "\"}", 2);
    for (long i = 0; i < connections; i++)
        open_connection(&all[i]);
    began = now_ns();
    while (sent < count || answered + lost < sent) {
        int64_t now = now_ns();

        for (long i = 0; i < connections && sent < count; i++) {
            int64_t due = began + sent * (1000000000 / rate);

            if (due > now)
                break;
            if (all[i].webhook < 0)
                send_webhook(&all[i], sent++, due);
        }
        if (now - began > (count / rate + PATIENCE_S) * INT64_C(1000000000))
            break;
        for (long i = 0; i < connections; i++)
            fds[i] = (struct pollfd){.fd = all[i].fd, .events = POLLIN};
        poll(fds, (nfds_t)connections, 1);
        for (long i = 0; i < connections; i++)
            if (fds[i].revents != 0)
                take_answer(&all[i]);
    }
    print_result(sent);
    return 0;
}
