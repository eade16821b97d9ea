/* task: a task that waits does not block the others, and a stop reaches all. */
#include <check.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/task.h"
#include "support/clock.h"
#include "support/suite.h"

enum { MANY = 400, TREE_DEPTH = 7, FRAME_BYTES = 8 * 1024 };

static char trail[1024]; /* the actions of the tasks, in order */
static struct task_queue queue;
static struct task_lock lock;
static struct task_group group;
static int counter;
static int pipe_fds[2];

static void
setup(void)
{
    trail[0] = '\0';
    queue = (struct task_queue){0};
    lock = (struct task_lock){0};
    group = (struct task_group){0};
    counter = 0;
    ck_assert_int_eq(pipe(pipe_fds), 0);
    tasks_init(NULL, NULL);
}

static void
teardown(void)
{
    close(pipe_fds[0]);
    close(pipe_fds[1]);
}

static void
say(const char *what)
{
    size_t used = strlen(trail);

    snprintf(trail + used, sizeof(trail) - used, "%s ", what);
}

static const char *
wake_name(enum task_wake wake)
{
    return wake == TASK_READY     ? "ready"
           : wake == TASK_TIMEOUT ? "timeout"
                                  : "stopped";
}

/* ---- order -------------------------------------------------------------- */

static void
say_thrice(void *ctx)
{
    for (int i = 0; i < 3; i++) {
        say(ctx);
        task_yield();
    }
}

START_TEST(ready_tasks_take_turns_in_the_order_they_came)
{
    task_spawn("a", say_thrice, "a");
    task_spawn("b", say_thrice, "b");
    task_spawn("c", say_thrice, "c");
    tasks_run();
    ck_assert_str_eq(trail, "a b c a b c a b c ");
}

END_TEST

static void
spawn_and_go_on(void *ctx)
{
    task_spawn("child", say_thrice, "child");
    say(ctx);
    task_yield();
    say(ctx);
}

START_TEST(a_task_spawned_by_another_begins_in_the_next_turn)
{
    task_spawn("parent", spawn_and_go_on, "parent");
    task_spawn("b", say_thrice, "b");
    tasks_run();
    ck_assert_str_eq(trail, "parent b parent b child b child child ");
}

END_TEST

static void
sleep_and_count(void *ctx)
{
    (void)ctx;
    task_sleep_until(clock_after_ms(20));
    counter = -1;
}

static void
spawn_successor(void *ctx)
{
    if (counter < 0)
        return;
    counter++;
    task_spawn("successor", spawn_successor, ctx);
}

START_TEST(tasks_that_spawn_their_successor_let_others_wake)
{
    task_spawn("sleeper", sleep_and_count, NULL);
    task_spawn("first", spawn_successor, NULL);
    tasks_run();
    ck_assert_int_eq(counter, -1);
}

END_TEST

START_TEST(without_tasks_the_scheduler_returns_at_once)
{
    tasks_run();
}

END_TEST

static void
say_again(void *ctx)
{
    (void)ctx;
    say("again");
}

START_TEST(the_scheduler_runs_again_after_the_last_task)
{
    for (int i = 0; i < 3; i++) {
        task_spawn("again", say_again, NULL);
        tasks_run();
    }
    ck_assert_str_eq(trail, "again again again ");
}

END_TEST

/* ---- deadlines ---------------------------------------------------------- */

struct nap {
    const char *name;
    int64_t ms;
};

static void
take_nap(void *ctx)
{
    const struct nap *nap = ctx;
    int64_t deadline = clock_after_ms(nap->ms);
    enum task_wake wake = task_sleep_until(deadline);

    ck_assert_int_eq(wake, TASK_TIMEOUT);
    ck_assert_int_ge(clock_now_ms(), deadline);
    say(nap->name);
}

/* With a frozen clock, two deadlines never pass in the same turn. */
static void
use_frozen_clock(void)
{
    clock_freeze();
    tasks_init(clock_frozen_wait, NULL);
}

START_TEST(sleepers_wake_by_deadline)
{
    static struct nap naps[] = {
        {"600", 600}, {"200", 200}, {"past", -1000}, {"400", 400}, {"now", 0}};
    int64_t began;

    use_frozen_clock();
    began = clock_now_ms();
    for (size_t i = 0; i < sizeof(naps) / sizeof(naps[0]); i++)
        task_spawn(naps[i].name, take_nap, &naps[i]);
    tasks_run();
    ck_assert_str_eq(trail, "past now 200 400 600 ");
    ck_assert_int_ge(clock_now_ms() - began, 600);
}

END_TEST

/* ---- queues ------------------------------------------------------------- */

static void
wait_in_queue(void *ctx)
{
    const struct nap *nap = ctx;
    int64_t deadline = nap->ms < 0 ? CLOCK_NEVER : clock_after_ms(nap->ms);

    say(nap->name);
    say(wake_name(task_wait(&queue, deadline)));
}

static void
wake_later(void *ctx)
{
    (void)ctx;
    task_sleep_until(clock_after_ms(20));
    say("wake");
    task_wake_all(&queue);
    ck_assert_ptr_null(queue.first);
}

START_TEST(all_tasks_of_a_queue_are_woken_in_order)
{
    static struct nap a = {"a", -1}, b = {"b", 5000}, c = {"c", -1};

    use_frozen_clock();
    task_spawn("a", wait_in_queue, &a);
    task_spawn("waker", wake_later, NULL);
    task_spawn("b", wait_in_queue, &b);
    task_spawn("c", wait_in_queue, &c);
    tasks_run();
    ck_assert_str_eq(trail, "a b c wake ready ready ready ");
}

END_TEST

START_TEST(a_task_that_timed_out_has_left_the_queue)
{
    static struct nap a = {"a", -1}, b = {"b", 1}, c = {"c", -1};

    use_frozen_clock();
    task_spawn("a", wait_in_queue, &a);
    task_spawn("b", wait_in_queue, &b);
    task_spawn("c", wait_in_queue, &c);
    task_spawn("waker", wake_later, NULL);
    tasks_run();
    ck_assert_str_eq(trail, "a b c timeout wake ready ready ");
}

END_TEST

START_TEST(an_empty_queue_can_be_woken_from_anywhere)
{
    task_wake_all(&queue);
    ck_assert_ptr_null(queue.first);
}

END_TEST

/* ---- locks -------------------------------------------------------------- */

static void
hold_lock(void *ctx)
{
    struct err err;

    ck_assert(task_lock(&lock, &err));
    ck_assert_int_eq(counter++, 0);
    say(ctx);
    task_yield();
    task_sleep_until(clock_after_ms(1));
    ck_assert_int_eq(counter--, 1);
    task_unlock(&lock);
}

START_TEST(one_task_at_a_time_holds_a_lock_while_it_waits)
{
    task_spawn("a", hold_lock, "a");
    task_spawn("b", hold_lock, "b");
    task_spawn("c", hold_lock, "c");
    tasks_run();
    ck_assert_str_eq(trail, "a b c ");
    ck_assert_ptr_null(lock.holder);
}

END_TEST

/* This task does not wait between unlocking and locking. */
static void
lock_again_and_again(void *ctx)
{
    struct err err;

    for (int i = 0; i < 3; i++) {
        ck_assert(task_lock(&lock, &err));
        say(ctx);
        task_yield();
        task_unlock(&lock);
    }
}

START_TEST(tasks_get_a_lock_in_the_order_of_asking)
{
    task_spawn("a", lock_again_and_again, "a");
    task_spawn("b", lock_again_and_again, "b");
    task_spawn("c", lock_again_and_again, "c");
    tasks_run();
    ck_assert_str_eq(trail, "a b c a b c a b c ");
    ck_assert_ptr_null(lock.holder);
}

END_TEST

static void
hold_until_woken(void *ctx)
{
    struct err err;

    (void)ctx;
    ck_assert(task_lock(&lock, &err));
    task_shield();
    ck_assert_int_eq(task_wait(&queue, CLOCK_NEVER), TASK_READY);
    task_unshield();
    task_unlock(&lock);
    ck_assert(task_lock(&lock, &err)); /* it is free: no wait, so no stop */
    task_unlock(&lock);
    say("held");
}

static void
want_lock(void *ctx)
{
    struct err err = {0};

    (void)ctx;
    ck_assert(!task_lock(&lock, &err));
    ck_assert_int_eq(err.kind, ERR_STOPPED);
    ck_assert_str_eq(err.code, "STOPPED");
    say("stopped");
    task_wake_all(&queue);
}

static void
stop_now(void *ctx)
{
    (void)ctx;
    tasks_stop();
}

START_TEST(a_stop_ends_the_wait_for_a_lock)
{
    task_spawn("holder", hold_until_woken, NULL);
    task_spawn("wants", want_lock, NULL);
    task_spawn("stop", stop_now, NULL);
    tasks_run();
    ck_assert_str_eq(trail, "stopped held ");
}

END_TEST

/* ---- stopping ----------------------------------------------------------- */

static void
wait_for_anything(void *ctx)
{
    (void)ctx;
    say(wake_name(task_sleep_until(CLOCK_NEVER)));
    say(wake_name(task_wait(&queue, CLOCK_NEVER)));
    say(wake_name(task_wait_fd(pipe_fds[0], POLLIN, CLOCK_NEVER)));
    ck_assert_ptr_null(queue.first);
}

START_TEST(after_a_stop_every_wait_ends)
{
    task_spawn("waits", wait_for_anything, NULL);
    task_spawn("stop", stop_now, NULL);
    tasks_run();
    ck_assert_str_eq(trail, "stopped stopped stopped ");
    ck_assert(tasks_stopping());
}

END_TEST

static void
wait_shielded(void *ctx)
{
    (void)ctx;
    task_shield();
    task_shield();
    say(wake_name(task_sleep_until(clock_after_ms(10))));
    task_unshield();
    say(wake_name(task_sleep_until(clock_after_ms(10))));
    task_unshield();
    say(wake_name(task_sleep_until(CLOCK_NEVER)));
}

START_TEST(a_shielded_wait_continues_and_shields_nest)
{
    task_spawn("shielded", wait_shielded, NULL);
    task_spawn("stop", stop_now, NULL);
    tasks_run();
    ck_assert_str_eq(trail, "timeout timeout stopped ");
}

END_TEST

static void
on_alarm(int signal_number)
{
    (void)signal_number;
    tasks_stop();
}

START_TEST(a_signal_handler_stops_a_sleeping_program)
{
    struct itimerval soon = {.it_value = {.tv_usec = 20000}};
    void (*before)(int) = signal(SIGALRM, on_alarm);

    task_spawn("waits", wait_for_anything, NULL);
    setitimer(ITIMER_REAL, &soon, NULL);
    tasks_run();
    signal(SIGALRM, before);
    ck_assert_str_eq(trail, "stopped stopped stopped ");
}

END_TEST

START_TEST(init_clears_a_stop)
{
    static struct nap nap = {"slept", 5};

    tasks_stop();
    tasks_init(NULL, NULL);
    ck_assert(!tasks_stopping());
    task_spawn("nap", take_nap, &nap);
    tasks_run();
    ck_assert_str_eq(trail, "slept ");
}

END_TEST

/* ---- descriptors -------------------------------------------------------- */

static void
read_byte(void *ctx)
{
    int64_t deadline = *(int64_t *)ctx;
    enum task_wake wake = task_wait_fd(pipe_fds[0], POLLIN, deadline);
    char byte = '-';

    say(wake_name(wake));
    if (wake == TASK_READY)
        ck_assert_int_eq(read(pipe_fds[0], &byte, 1), 1);
    say((char[]){byte, '\0'});
}

static void
write_byte(void *ctx)
{
    (void)ctx;
    task_sleep_until(clock_after_ms(10));
    ck_assert_int_eq(task_wait_fd(pipe_fds[1], POLLOUT, CLOCK_NEVER),
                     TASK_READY);
    ck_assert_int_eq(write(pipe_fds[1], "x", 1), 1);
    say("written");
}

START_TEST(a_descriptor_wakes_the_task_that_waits_for_it)
{
    int64_t never = CLOCK_NEVER;

    task_spawn("reader", read_byte, &never);
    task_spawn("writer", write_byte, NULL);
    tasks_run();
    ck_assert_str_eq(trail, "written ready x ");
}

END_TEST

START_TEST(a_descriptor_that_stays_silent_times_out)
{
    int64_t soon = clock_after_ms(5);

    task_spawn("reader", read_byte, &soon);
    tasks_run();
    ck_assert_str_eq(trail, "timeout - ");
}

END_TEST

START_TEST(a_readable_descriptor_beats_a_past_deadline)
{
    int64_t past = clock_now_ms() - 1;

    ck_assert_int_eq(write(pipe_fds[1], "y", 1), 1);
    task_spawn("reader", read_byte, &past);
    tasks_run();
    ck_assert_str_eq(trail, "ready y ");
}

END_TEST

static void
wait_for_end(void *ctx)
{
    char byte;

    (void)ctx;
    say(wake_name(task_wait_fd(pipe_fds[0], POLLIN, CLOCK_NEVER)));
    ck_assert_int_eq(read(pipe_fds[0], &byte, 1), 0);
}

START_TEST(a_closed_other_end_is_ready)
{
    close(pipe_fds[1]);
    task_spawn("reader", wait_for_end, NULL);
    tasks_run();
    pipe_fds[1] = dup(pipe_fds[0]);
    ck_assert_str_eq(trail, "ready ");
}

END_TEST

/* ---- the program's own wait --------------------------------------------- */

static int timeouts[8];
static int waits;

/* The third wait wakes the queue, as a callback of a transfer does. */
static void
recording_wait(void *ctx, struct pollfd *fds, size_t count, int timeout_ms)
{
    ck_assert_ptr_eq(ctx, trail);
    ck_assert_uint_ge(count, 1);
    for (size_t i = 0; i < count; i++)
        fds[i].revents = 0;
    ck_assert_int_lt(waits, 8);
    timeouts[waits++] = timeout_ms;
    if (waits == 3)
        task_wake_all(&queue);
}

static void
yield_sleep_and_wait(void *ctx)
{
    (void)ctx;
    task_yield();
    task_wait(&queue, clock_after_ms(60000));
    say("woken");
}

START_TEST(the_wait_gets_its_timeout_and_may_wake_tasks)
{
    static struct nap forever = {"q", -1};

    waits = 0;
    tasks_init(recording_wait, trail);
    task_spawn("a", yield_sleep_and_wait, NULL);
    task_spawn("b", wait_in_queue, &forever);
    tasks_run();
    ck_assert_str_eq(trail, "q woken ready ");
    ck_assert_int_eq(waits, 3);
    ck_assert_int_eq(timeouts[0], 0); /* a task yielded */
    ck_assert_int_gt(timeouts[1], 50000);
    ck_assert_int_le(timeouts[1], 60000);
}

END_TEST

/* ---- many --------------------------------------------------------------- */

/* Every task has its own stack, which keeps its content during the waits. */
static void
keep_a_frame(void *ctx)
{
    volatile unsigned char frame[FRAME_BYTES];
    unsigned char mark = (unsigned char)(uintptr_t)ctx;
    int kept = 0;

    for (int i = 0; i < FRAME_BYTES; i++)
        frame[i] = mark;
    task_yield();
    task_sleep_until(clock_after_ms((int)(uintptr_t)ctx % 7));
    task_yield();
    for (int i = 0; i < FRAME_BYTES; i++)
        kept += frame[i] == mark;
    ck_assert_int_eq(kept, FRAME_BYTES);
    counter++;
}

START_TEST(hundreds_of_tasks_keep_their_own_stacks)
{
    for (int i = 0; i < MANY; i++)
        task_spawn("one of many", keep_a_frame, (void *)(uintptr_t)i);
    tasks_run();
    ck_assert_int_eq(counter, MANY);
}

END_TEST

static void
branch(void *ctx)
{
    uintptr_t depth = (uintptr_t)ctx;

    counter++;
    if (depth == 0)
        return;
    task_spawn("left", branch, (void *)(depth - 1));
    task_yield();
    task_spawn("right", branch, (void *)(depth - 1));
}

START_TEST(tasks_spawn_tasks_that_spawn_tasks)
{
    task_spawn("root", branch, (void *)(uintptr_t)TREE_DEPTH);
    tasks_run();
    ck_assert_int_eq(counter, (2 << TREE_DEPTH) - 1);
}

END_TEST

/* ---- groups ------------------------------------------------------------- */

static void
run_group(void *ctx)
{
    static struct nap naps[] = {{"20", 20}, {"1", 1}, {"10", 10}};

    for (int i = 0; i < 3; i++)
        task_group_spawn(&group, naps[i].name, take_nap, &naps[i]);
    task_group_wait(&group);
    say(ctx);
}

START_TEST(the_wait_for_a_group_ends_with_its_last_task)
{
    use_frozen_clock();
    task_spawn("owner", run_group, "all");
    tasks_run();
    ck_assert_str_eq(trail, "1 10 20 all ");
}

END_TEST

static void
finish_up_slowly(void *ctx)
{
    say(wake_name(task_sleep_until(CLOCK_NEVER)));
    task_shield();
    task_sleep_until(clock_after_ms(10));
    task_unshield();
    say(ctx);
}

static void
run_stopped_group(void *ctx)
{
    task_group_spawn(&group, "member", finish_up_slowly, "finished");
    tasks_stop();
    task_group_wait(&group);
    say(ctx);
}

START_TEST(a_stop_does_not_end_the_wait_for_a_group)
{
    task_spawn("owner", run_stopped_group, "all");
    tasks_run();
    ck_assert_str_eq(trail, "stopped finished all ");
}

END_TEST

static void
add_wait_tests(TCase *tests)
{
    tcase_add_test(tests, sleepers_wake_by_deadline);
    tcase_add_test(tests, all_tasks_of_a_queue_are_woken_in_order);
    tcase_add_test(tests, a_task_that_timed_out_has_left_the_queue);
    tcase_add_test(tests, an_empty_queue_can_be_woken_from_anywhere);
    tcase_add_test(tests, one_task_at_a_time_holds_a_lock_while_it_waits);
    tcase_add_test(tests, tasks_get_a_lock_in_the_order_of_asking);
    tcase_add_test(tests, a_descriptor_wakes_the_task_that_waits_for_it);
    tcase_add_test(tests, a_descriptor_that_stays_silent_times_out);
    tcase_add_test(tests, a_readable_descriptor_beats_a_past_deadline);
    tcase_add_test(tests, a_closed_other_end_is_ready);
    tcase_add_test(tests, the_wait_gets_its_timeout_and_may_wake_tasks);
}

static void
add_stop_tests(TCase *tests)
{
    tcase_add_test(tests, a_stop_ends_the_wait_for_a_lock);
    tcase_add_test(tests, after_a_stop_every_wait_ends);
    tcase_add_test(tests, a_shielded_wait_continues_and_shields_nest);
    tcase_add_test(tests, a_signal_handler_stops_a_sleeping_program);
    tcase_add_test(tests, init_clears_a_stop);
}

static Suite *
task_suite(void)
{
    Suite *suite = suite_create("task");
    TCase *tests = tcase_create("task");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, ready_tasks_take_turns_in_the_order_they_came);
    tcase_add_test(tests, a_task_spawned_by_another_begins_in_the_next_turn);
    tcase_add_test(tests, tasks_that_spawn_their_successor_let_others_wake);
    tcase_add_test(tests, without_tasks_the_scheduler_returns_at_once);
    tcase_add_test(tests, the_scheduler_runs_again_after_the_last_task);
    add_wait_tests(tests);
    add_stop_tests(tests);
    tcase_add_test(tests, hundreds_of_tasks_keep_their_own_stacks);
    tcase_add_test(tests, tasks_spawn_tasks_that_spawn_tasks);
    tcase_add_test(tests, the_wait_for_a_group_ends_with_its_last_task);
    tcase_add_test(tests, a_stop_does_not_end_the_wait_for_a_group);
    suite_add_tcase(suite, tests);
    return suite;
}

int
main(void)
{
    return suite_run(task_suite());
}
