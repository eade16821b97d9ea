/*
 * A task is a ucontext with a stack of its own. The first page of the stack's
 * mapping faults, so that an overflow ends the program and does not overwrite
 * other memory.
 *
 *     spawned ─► ready ─► running ─► waiting ─► ready ... ─► ended
 *                                   (descriptor, deadline, queue)
 *
 * The scheduler runs on the program's first stack. It switches to one ready
 * task after the other; a task switches back only when it waits or ends.
 * tasks_stop() ends the waits of unshielded tasks with TASK_STOPPED.
 *
 * Hazards:
 * - Other tasks may change shared data while a task waits.
 * - The address sanitizer must know every stack and every switch, and valgrind
 *   every stack. Otherwise they report errors that do not exist.
 */
#include "base/task.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"

#if defined(__SANITIZE_ADDRESS__)
#define WITH_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define WITH_ASAN 1
#endif
#endif

#ifdef WITH_ASAN
#include <sanitizer/common_interface_defs.h>

/* Frames are several times larger with the sanitizer. It also remembers what
 * was on a stack, so that none can be used again. */
enum { STACK_BYTES = 1024 * 1024, STACKS_KEPT = 0 };
#else
enum { STACK_BYTES = 256 * 1024, STACKS_KEPT = 8 };
#endif

#if defined(__has_include)
#if __has_include(<valgrind/valgrind.h>)
#include <valgrind/valgrind.h>
#endif
#endif

struct task {
    struct task *next;        /* in the list of all tasks */
    struct task *next_queued; /* in `queue` */
    struct task_queue *queue; /* the queue that the task waits in, or NULL */
    const char *name;
    void (*body)(void *ctx);
    void *ctx;
    ucontext_t context;
    char *stack; /* mapping: one guard page, then STACK_BYTES */
    void *fake_stack;
    int fd; /* the descriptor that the task waits for, or -1 */
    short events;
    int64_t deadline_ms;
    enum task_wake wake;
    bool ready;
    bool ended;
    int shields;
};

static struct {
    task_wait_fn *wait;
    void *wait_ctx;
    struct task *tasks; /* newest last */
    struct task *current;
    ucontext_t context; /* the scheduler's own */
    void *fake_stack;
    const void *stack_bottom; /* the scheduler's; from the sanitizer */
    size_t stack_size;        /* the same */
    struct pollfd *fds;
    struct task **fd_tasks;
    size_t fd_capacity;
    char *stacks[STACKS_KEPT + 1]; /* of ended tasks, for new ones */
    int stack_count;
    int wake_pipe[2]; /* written by tasks_stop() */
    volatile sig_atomic_t stopping;
} sched = {.wake_pipe = {-1, -1}};

static size_t
page_bytes(void)
{
    return (size_t)sysconf(_SC_PAGESIZE);
}

static void
wait_with_poll(void *ctx, struct pollfd *fds, size_t count, int timeout_ms)
{
    (void)ctx;
    if (poll(fds, (nfds_t)count, timeout_ms) < 0)
        for (size_t i = 0; i < count; i++)
            fds[i].revents = 0;
}

void
tasks_init(task_wait_fn *wait, void *ctx)
{
    sched.wait = wait != NULL ? wait : wait_with_poll;
    sched.wait_ctx = ctx;
    sched.stopping = 0;
    if (sched.wake_pipe[0] < 0 && pipe(sched.wake_pipe) == 0) {
        for (int i = 0; i < 2; i++) {
            fcntl(sched.wake_pipe[i], F_SETFL, O_NONBLOCK);
            fcntl(sched.wake_pipe[i], F_SETFD, FD_CLOEXEC);
        }
    }
}

/* ---- switching stacks -------------------------------------------------- */

/* The sanitizer must know every switch, so that it looks for a frame's
 * variables on the right stack. */
static void
enter_task(struct task *task)
{
    sched.current = task;
#ifdef WITH_ASAN
    __sanitizer_start_switch_fiber(&sched.fake_stack,
                                   task->stack + page_bytes(), STACK_BYTES);
#endif
    swapcontext(&sched.context, &task->context);
#ifdef WITH_ASAN
    __sanitizer_finish_switch_fiber(sched.fake_stack, NULL, NULL);
#endif
    sched.current = NULL;
}

static void
leave_task(struct task *task)
{
#ifdef WITH_ASAN
    __sanitizer_start_switch_fiber(task->ended ? NULL : &task->fake_stack,
                                   sched.stack_bottom, sched.stack_size);
#endif
    swapcontext(&task->context, &sched.context);
#ifdef WITH_ASAN
    __sanitizer_finish_switch_fiber(task->fake_stack, &sched.stack_bottom,
                                    &sched.stack_size);
#endif
}

static void
task_main(void)
{
    struct task *task = sched.current;

#ifdef WITH_ASAN
    __sanitizer_finish_switch_fiber(NULL, &sched.stack_bottom,
                                    &sched.stack_size);
#endif
    task->body(task->ctx);
    task->ended = true;
    leave_task(task);
    abort(); /* an ended task is never entered */
}

static void
map_stack(struct task *task)
{
    size_t guard = page_bytes();
    void *stack;

    if (sched.stack_count > 0) {
        task->stack = sched.stacks[--sched.stack_count];
        return;
    }
    stack = mmap(NULL, guard + STACK_BYTES, PROT_READ | PROT_WRITE,
                 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    if (stack == MAP_FAILED || mprotect(stack, guard, PROT_NONE) != 0)
        mem_out("a task's stack");
    task->stack = stack;
#ifdef VALGRIND_STACK_REGISTER
    (void)VALGRIND_STACK_REGISTER(task->stack + guard,
                                  task->stack + guard + STACK_BYTES);
#endif
}

void
task_spawn(const char *name, void (*body)(void *ctx), void *ctx)
{
    struct task *task = mem_alloc(sizeof(*task));
    struct task **end = &sched.tasks;

    task->name = name;
    task->body = body;
    task->ctx = ctx;
    task->fd = -1;
    task->ready = true;
    map_stack(task);
    getcontext(&task->context);
    task->context.uc_stack.ss_sp = task->stack + page_bytes();
    task->context.uc_stack.ss_size = STACK_BYTES;
    task->context.uc_link = NULL;
    makecontext(&task->context, task_main, 0);
    while (*end != NULL)
        end = &(*end)->next;
    *end = task;
}

static void
free_stack(char *stack)
{
    munmap(stack, page_bytes() + STACK_BYTES);
}

static void
free_task(struct task *task)
{
    if (sched.stack_count < STACKS_KEPT)
        sched.stacks[sched.stack_count++] = task->stack;
    else
        free_stack(task->stack);
    free(task);
}

/* ---- waiting ----------------------------------------------------------- */

static void
leave_queue(struct task *task)
{
    struct task **link;

    if (task->queue == NULL)
        return;
    link = &task->queue->first;
    while (*link != task)
        link = &(*link)->next_queued;
    *link = task->next_queued;
    task->queue = NULL;
    task->next_queued = NULL;
}

static void
make_ready(struct task *task, enum task_wake wake)
{
    leave_queue(task);
    task->wake = wake;
    task->ready = true;
}

static bool
is_stopped(const struct task *task)
{
    return sched.stopping != 0 && task->shields == 0;
}

static enum task_wake
wait_until(int fd, short events, int64_t deadline_ms)
{
    struct task *task = sched.current;

    assert(task != NULL);
    task->fd = fd;
    task->events = events;
    task->deadline_ms = deadline_ms;
    task->ready = false;
    leave_task(task);
    task->fd = -1;
    return task->wake;
}

enum task_wake
task_wait_fd(int fd, short events, int64_t deadline_ms)
{
    return wait_until(fd, events, deadline_ms);
}

enum task_wake
task_sleep_until(int64_t deadline_ms)
{
    return wait_until(-1, 0, deadline_ms);
}

enum task_wake
task_wait(struct task_queue *queue, int64_t deadline_ms)
{
    struct task *task = sched.current;
    struct task **end = &queue->first;

    assert(task != NULL);
    while (*end != NULL)
        end = &(*end)->next_queued;
    *end = task;
    task->queue = queue;
    return wait_until(-1, 0, deadline_ms);
}

void
task_wake_all(struct task_queue *queue)
{
    while (queue->first != NULL)
        make_ready(queue->first, TASK_READY);
}

void
task_yield(void)
{
    struct task *task = sched.current;

    assert(task != NULL);
    make_ready(task, TASK_READY);
    leave_task(task);
}

void
task_shield(void)
{
    assert(sched.current != NULL);
    sched.current->shields++;
}

void
task_unshield(void)
{
    assert(sched.current != NULL && sched.current->shields > 0);
    sched.current->shields--;
}

bool
task_lock(struct task_lock *lock, struct err *err)
{
    assert(lock->holder == NULL || lock->holder != sched.current);
    if (lock->holder == NULL)
        lock->holder = sched.current;
    else
        (void)task_wait(&lock->waiting, CLOCK_NEVER);
    return lock->holder == sched.current || task_stopped(err);
}

/* The first waiting task holds the lock from now on, although it runs later. So
 * a task that locks again at once cannot overtake the tasks that wait. */
void
task_unlock(struct task_lock *lock)
{
    assert(lock->holder == sched.current);
    lock->holder = lock->waiting.first;
    if (lock->holder != NULL)
        make_ready(lock->holder, TASK_READY);
}

bool
task_stopped(struct err *err)
{
    return err_set(err, MSG_STOPPED, "stopped by a signal");
}

struct group_task {
    struct task_group *group;
    void (*body)(void *ctx);
    void *ctx;
};

static void
run_group_task(void *ctx)
{
    struct group_task *task = ctx;

    task->body(task->ctx);
    task->group->running--;
    task_wake_all(&task->group->ended);
    free(task);
}

void
task_group_spawn(struct task_group *group, const char *name,
                 void (*body)(void *ctx), void *ctx)
{
    struct group_task *task = mem_alloc(sizeof(*task));

    *task = (struct group_task){.group = group, .body = body, .ctx = ctx};
    group->running++;
    task_spawn(name, run_group_task, task);
}

void
task_group_wait(struct task_group *group)
{
    task_shield();
    while (group->running > 0)
        (void)task_wait(&group->ended, CLOCK_NEVER);
    task_unshield();
}

/* ---- the turn ---------------------------------------------------------- */

void
tasks_stop(void)
{
    int saved = errno;

    sched.stopping = 1;
    if (sched.wake_pipe[1] >= 0 && write(sched.wake_pipe[1], "", 1) < 0)
        errno = saved; /* the pipe is full, so it wakes the loop anyway */
    errno = saved;
}

bool
tasks_stopping(void)
{
    return sched.stopping != 0;
}

static void
reserve_fds(size_t count)
{
    if (count <= sched.fd_capacity)
        return;
    sched.fds = mem_resize(sched.fds, count * sizeof(*sched.fds));
    sched.fd_tasks =
        mem_resize(sched.fd_tasks, count * sizeof(*sched.fd_tasks));
    sched.fd_capacity = count;
}

/* Collect all descriptors in sched.fds, and the nearest deadline in
 * *deadline_ms (INT64_MIN: a task is ready). Returns the number of
 * descriptors. */
static size_t
gather(int64_t *deadline_ms)
{
    size_t count = 1, tasks = 0;

    for (struct task *t = sched.tasks; t != NULL; t = t->next)
        tasks++;
    reserve_fds(tasks + 1);
    sched.fds[0] = (struct pollfd){.fd = sched.wake_pipe[0], .events = POLLIN};
    sched.fd_tasks[0] = NULL;
    *deadline_ms = CLOCK_NEVER;
    for (struct task *t = sched.tasks; t != NULL; t = t->next) {
        if (t->ready || is_stopped(t)) {
            *deadline_ms = INT64_MIN;
            continue;
        }
        if (t->fd >= 0) {
            sched.fds[count] =
                (struct pollfd){.fd = t->fd, .events = t->events};
            sched.fd_tasks[count++] = t;
        }
        if (t->deadline_ms < *deadline_ms)
            *deadline_ms = t->deadline_ms;
    }
    return count;
}

static int
timeout_until(int64_t deadline_ms)
{
    int64_t left;

    if (deadline_ms == CLOCK_NEVER)
        return -1;
    if (deadline_ms == INT64_MIN)
        return 0;
    left = deadline_ms - clock_now_ms();
    if (left < 0)
        return 0;
    return left < 3600000 ? (int)left : 3600000;
}

static void
drain_wake_pipe(void)
{
    char bytes[16];

    while (read(sched.wake_pipe[0], bytes, sizeof(bytes)) > 0)
        continue;
}

static void
wait_once(void)
{
    int64_t deadline_ms, now;
    size_t count = gather(&deadline_ms);

    sched.wait(sched.wait_ctx, sched.fds, count, timeout_until(deadline_ms));
    if (sched.fds[0].revents != 0)
        drain_wake_pipe();
    for (size_t i = 1; i < count; i++)
        if (sched.fds[i].revents != 0 && !sched.fd_tasks[i]->ready)
            make_ready(sched.fd_tasks[i], TASK_READY);
    now = clock_now_ms();
    for (struct task *t = sched.tasks; t != NULL; t = t->next)
        if (!t->ready && t->deadline_ms <= now)
            make_ready(t, TASK_TIMEOUT);
}

/* Tasks that are spawned during the turn are added after the last one. They
 * begin in the next turn. */
static void
run_ready(void)
{
    struct task *last = sched.tasks;

    while (last->next != NULL)
        last = last->next;
    for (struct task *t = sched.tasks;; t = t->next) {
        if (!t->ready && is_stopped(t))
            make_ready(t, TASK_STOPPED);
        if (t->ready) {
            t->ready = false;
            enter_task(t);
        }
        if (t == last)
            break;
    }
}

static void
reap_ended(void)
{
    struct task **link = &sched.tasks;

    while (*link != NULL) {
        struct task *task = *link;

        if (task->ended) {
            *link = task->next;
            free_task(task);
        } else {
            link = &task->next;
        }
    }
}

void
tasks_run(void)
{
    while (sched.tasks != NULL) {
        run_ready();
        reap_ended();
        if (sched.tasks != NULL)
            wait_once();
    }
    while (sched.stack_count > 0)
        free_stack(sched.stacks[--sched.stack_count]);
    free(sched.fds);
    free(sched.fd_tasks);
    sched.fds = NULL;
    sched.fd_tasks = NULL;
    sched.fd_capacity = 0;
}
