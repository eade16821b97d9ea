/*
 * link - carries packets between two tun devices and delays each by DELAY_MS.
 *
 *     link NEAR FAR DELAY_MS
 *
 * NEAR and FAR are open descriptors of the devices. The program ends at the
 * end of its standard input. It replaces netem, which many kernels do not
 * have. TCP behaves as in any network with this delay: windows, slow start and
 * acknowledgements are the same.
 */
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#define PROGRAM "link"
#include "program.h"

/* A header of the device (struct virtio_net_hdr) precedes each packet. */
enum { PACKET_BYTES_MAX = 10 + 65536, BURST = 64 };

struct packet {
    struct packet *next;
    int64_t due_ns;
    size_t length;
    char bytes[PACKET_BYTES_MAX];
};

/* One direction; the packets are in order of arrival. */
struct way {
    int from;
    int to;
    struct packet *first;
    struct packet **end;
};

/* Packets that were given. Only the pages that a packet used take memory. */
static struct packet *spare;

static struct packet *
new_packet(void)
{
    struct packet *packet = spare;

    if (packet != NULL)
        spare = packet->next;
    else
        packet = malloc(sizeof(*packet));
    if (packet == NULL)
        fail("cannot keep a packet");
    packet->next = NULL;
    return packet;
}

static void
drop(struct packet *packet)
{
    packet->next = spare;
    spare = packet;
}

/* Reads the packets that have arrived, at most BURST. */
static void
take(struct way *way, int64_t delay_ns)
{
    for (int i = 0; i < BURST; i++) {
        struct packet *packet = new_packet();
        ssize_t length = read(way->from, packet->bytes, PACKET_BYTES_MAX);

        if (length < 0 && errno == EAGAIN) {
            drop(packet);
            return;
        }
        if (length <= 0)
            fail("cannot read a packet");
        packet->due_ns = now_ns() + delay_ns;
        packet->length = (size_t)length;
        *way->end = packet;
        way->end = &packet->next;
    }
}

/* Writes the packets that are due. A device that is down loses them. */
static void
give(struct way *way)
{
    int64_t now = now_ns();

    while (way->first != NULL && way->first->due_ns <= now) {
        struct packet *packet = way->first;

        if (write(way->to, packet->bytes, packet->length) < 0 && errno != EIO)
            fail("cannot write a packet");
        way->first = packet->next;
        if (way->first == NULL)
            way->end = &way->first;
        drop(packet);
    }
}

/* Nanoseconds until the next packet is due; -1 if there is none. */
static int64_t
idle_ns(const struct way ways[2])
{
    int64_t now = now_ns();
    int64_t least = -1;

    for (int i = 0; i < 2; i++) {
        int64_t left;

        if (ways[i].first == NULL)
            continue;
        left = ways[i].first->due_ns > now ? ways[i].first->due_ns - now : 0;
        if (least < 0 || left < least)
            least = left;
    }
    return least;
}

static void
carry(struct way ways[2], int64_t delay_ns)
{
    struct pollfd fds[3] = {{.fd = ways[0].from, .events = POLLIN},
                            {.fd = ways[1].from, .events = POLLIN},
                            {.fd = STDIN_FILENO, .events = POLLIN}};

    while (fds[2].revents == 0) {
        int64_t idle = idle_ns(ways);
        struct timespec timeout = {.tv_sec = idle / 1000000000,
                                   .tv_nsec = idle % 1000000000};

        if (ppoll(fds, 3, idle < 0 ? NULL : &timeout, NULL) < 0)
            fail("cannot wait");
        for (int i = 0; i < 2; i++) {
            if (fds[i].revents != 0)
                take(&ways[i], delay_ns);
            give(&ways[i]);
        }
    }
}

int
main(int argc, char **argv)
{
    struct way ways[2];

    if (argc != 4) {
        fprintf(stderr, "usage: link NEAR FAR DELAY_MS\n");
        return 64;
    }
    for (int i = 0; i < 2; i++) {
        ways[i] = (struct way){.from = atoi(argv[1 + i]),
                               .to = atoi(argv[2 - i]),
                               .end = &ways[i].first};
        if (fcntl(ways[i].from, F_SETFL, O_NONBLOCK) < 0)
            fail("no such device");
    }
    carry(ways, (int64_t)(atof(argv[3]) * 1e6));
    return 0;
}
