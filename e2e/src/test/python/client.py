"""What a Python program does with an etcd, against the one at HOST PORT: prints a line for each step."""

import sys
import threading

import etcd3


def meta(found):
    value, about = found
    return "none" if value is None else f"{value!r} version {about.version} created {about.create_revision}"


def main(host, port):
    etcd = etcd3.client(host=host, port=int(port), timeout=20)

    etcd.put("greeting", "hello")
    print("get", meta(etcd.get("greeting")))
    print("get nothing", meta(etcd.get("nothing")))
    etcd.put("greeting", b"\xff\x00 bytes")
    print("get bytes", meta(etcd.get("greeting")))
    print("previous", etcd.put("greeting", "again", prev_kv=True).prev_kv.value)

    for number in range(5):
        etcd.put(f"list/{number}", str(number * number))
    print("prefix", [value for value, _ in etcd.get_prefix("list/")])
    print("sorted", [value for value, _ in etcd.get_prefix("list/", sort_order="descend", sort_target="value")])
    print("range", [value for value, _ in etcd.get_range("list/1", "list/4")])
    print("keys", [about.key for _, about in etcd.get_prefix("list/", keys_only=True)])

    done, answers = etcd.transaction(
        compare=[etcd.transactions.value("greeting") == "again", etcd.transactions.version("list/1") > 0],
        success=[etcd.transactions.put("greeting", "swapped"), etcd.transactions.get("list/1")],
        failure=[etcd.transactions.delete("greeting")],
    )
    print("transaction", done, [[value for value, _ in answer] for answer in answers if isinstance(answer, list)])
    print("replace", etcd.replace("greeting", "wrong", "x"), etcd.replace("greeting", "swapped", "replaced"))

    events = []
    seen = threading.Event()

    def on_event(response):
        events.extend((type(event).__name__, event.key, event.value) for event in response.events)
        if len(events) >= 3:
            seen.set()

    watch = etcd.add_watch_prefix_callback("watched/", on_event)
    etcd.put("watched/a", "1")
    etcd.put("watched/a", "2")
    etcd.delete("watched/a")
    print("watched", seen.wait(30), events)
    etcd.cancel_watch(watch)

    lease = etcd.lease(100)
    etcd.put("leased", "x", lease=lease)
    print("lease", lease.granted_ttl, lease.remaining_ttl > 90, lease.keys)
    print("refreshed", [answer.TTL for answer in lease.refresh()])
    lease.revoke()
    print("revoked", meta(etcd.get("leased")))

    with etcd.lock("mutex", ttl=30) as lock:
        print("lock", lock.is_acquired(), etcd.lock("mutex", ttl=30).acquire(timeout=1))
    print("unlocked", etcd.lock("mutex", ttl=30).acquire(timeout=5))

    print("deleted", etcd.delete("greeting"), etcd.delete("greeting"), etcd.delete_prefix("list/").deleted)
    etcd.compact(5)
    try:
        etcd.compact(5)
    except Exception as failure:  # Its kind differs from one release of the client to the next.
        print("compacted", "compacted" in str(failure))
    print("members", len(list(etcd.members)), "leads", etcd.status().leader.id != 0)
    etcd.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
