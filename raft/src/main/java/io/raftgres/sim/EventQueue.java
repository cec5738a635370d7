package io.raftgres.sim;

import java.util.Arrays;

/**
 * Future events, ordered by time and then by the order in which they were scheduled: a binary heap on primitive times.
 */
final class EventQueue {
    private long[] times = new long[256];
    private long[] orders = new long[256];
    private Runnable[] events = new Runnable[256];
    private int size;
    private long added;

    boolean isEmpty() {
        return size == 0;
    }

    /** @return time of the next event; the queue is not empty */
    long nextTime() {
        return times[0];
    }

    void add(long time, Runnable event) {
        if (size == times.length) {
            times = Arrays.copyOf(times, 2 * size);
            orders = Arrays.copyOf(orders, 2 * size);
            events = Arrays.copyOf(events, 2 * size);
        }
        int hole = size++;
        long order = added++;
        while (hole > 0) {
            int parent = (hole - 1) >>> 1;
            if (times[parent] <= time) {
                break;
            }
            move(parent, hole);
            hole = parent;
        }
        times[hole] = time;
        orders[hole] = order;
        events[hole] = event;
    }

    Runnable take() {
        Runnable first = events[0];
        size--;
        long time = times[size];
        long order = orders[size];
        Runnable event = events[size];
        events[size] = null;
        if (size > 0) {
            sink(time, order, event);
        }
        return first;
    }

    private void sink(long time, long order, Runnable event) {
        int hole = 0;
        while (true) {
            int child = 2 * hole + 1;
            if (child >= size) {
                break;
            }
            if (child + 1 < size && before(times[child + 1], orders[child + 1], times[child], orders[child])) {
                child++;
            }
            if (before(time, order, times[child], orders[child])) {
                break;
            }
            move(child, hole);
            hole = child;
        }
        times[hole] = time;
        orders[hole] = order;
        events[hole] = event;
    }

    private static boolean before(long time, long order, long otherTime, long otherOrder) {
        return time < otherTime || time == otherTime && order < otherOrder;
    }

    private void move(int from, int to) {
        times[to] = times[from];
        orders[to] = orders[from];
        events[to] = events[from];
    }
}
