"""A bad wire: two TUN devices, and IP packets between them that are late, lost and out of order.

It stands in for the kernel's netem, which not every kernel has. TCP on both sides is the kernel's own: it sees real loss
and retransmits. Usage: wire.py DEVICE DEVICE '{"delay": ms, "jitter": ms, "loss": 0..1, "reorder": 0..1}'; with "cutAfter"
the wire is cut when so many packets have passed, with "mendAfter" it is mended so many ms later. It says `ready`; at the
end of its input it says `passed N lost N overtook N` and ends, and its devices with it.
"""

import fcntl
import heapq
import json
import os
import random
import select
import struct
import sys
import time

TUNSETIFF = 0x400454CA
IFF_TUN, IFF_NO_PI = 0x0001, 0x1000
BATCH = 64  # packets taken from one side before the other has its turn
ROOM = 2000  # packets on their way, like the buffer of a router: what comes beyond is lost

names, fault = sys.argv[1:3], json.loads(sys.argv[3])
delay, jitter = fault["delay"] / 1000, fault["jitter"] / 1000
cut_after, mend_after = fault.get("cutAfter"), fault.get("mendAfter", float("inf")) / 1000
chance = random.Random(4)


def open_device(name):
    device = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(device, TUNSETIFF, struct.pack("16sH14x", name.encode(), IFF_TUN | IFF_NO_PI))
    return device


devices = [open_device(name) for name in names]
other = {devices[0]: devices[1], devices[1]: devices[0]}
print("ready", flush=True)

on_the_way = []
count = passed = lost = overtook = 0
mended_at = None  # once it was cut
while True:
    now = time.monotonic()
    while on_the_way and on_the_way[0][0] <= now:
        _, _, device, packet = heapq.heappop(on_the_way)
        try:
            os.write(device, packet)
            passed += 1
        except OSError:  # its queue is full, or the device is not up
            lost += 1
    timeout = max(0, on_the_way[0][0] - time.monotonic()) if on_the_way else None
    for source in select.select([0, *devices], [], [], timeout)[0]:
        if source == 0:
            print("passed", passed, "lost", lost, "overtook", overtook, flush=True)
            sys.exit()
        if mended_at is None and cut_after is not None and passed >= cut_after:
            mended_at = time.monotonic() + mend_after
        is_cut = mended_at is not None and time.monotonic() < mended_at
        for _ in range(BATCH):
            try:
                packet = os.read(source, 65536)
            except BlockingIOError:
                break
            if is_cut or chance.random() < fault["loss"] or len(on_the_way) >= ROOM:
                lost += 1
                continue
            due = time.monotonic() + delay + chance.random() * jitter
            if chance.random() < fault["reorder"]:
                due -= delay
                overtook += 1
            count += 1
            heapq.heappush(on_the_way, (due, count, other[source], packet))
