"""The measuring method in numbers: every constant of the http engine, with its unit and its reason.

Rates are compared over bins of a tenth of a second. A direction is measured in stages: some flows until
the rate is steady, then twice as many; when that doesn't raise the rate, the line was full. Steadiness
alone proves nothing: four flows on a path that loses one packet in a thousand are steady 40 % too low.
"""

from __future__ import annotations

# --- the data path -----------------------------------------------------------------------------------

FIRST_FLOWS = 4
"""Flows at the start: enough to fill a line whose flows halve their window one at a time."""

FIRST_FLOWS_FAR = 8
"""Flows at the start when the round trip is longer than ``FAR_RTT_S``: each ramps up more slowly."""

FAR_RTT_S = 0.060

MOST_FLOWS = 32
"""Where doubling ends; the collector's endpoint lets a test have as many."""

ANSWER_MIB = 100
COLLECTOR_ANSWER_MIB = 1024
"""MiB asked of ``garbage.php`` at once: LibreSpeed's own default, and the most of it of a collector, so
that one answer lasts for a test. (uvicorn doesn't notice that a client with a request waiting has gone.)"""

AHEAD_BYTES = 32 << 20
"""Octets before the end of an answer at which the next is asked for, so that no flow ever idles: 0.1 s of
2.5 Gbit/s through one flow."""

POST_BYTES = 20 << 20
"""Octets in one POST: what LibreSpeed's page sends, and so what its servers are set up for."""

BLOCK_BYTES = 1 << 20
"""Octets given to one ``send``: 1 MiB costs a quarter of the CPU of 8 KiB."""

DRAIN_BYTES = 4 << 20
"""Octets taken by one ``recv``: more than a receive buffer holds (tcp_rmem allows 6 MB, half is window)."""

NAP_MAX_S = 0.010
NAP_STEP_S = 0.0002
"""Between two drains the engine naps, so that it wakes for many packets and not for each: below 1 Gbit/s
the wake-ups are most of the cost. A nap grows by a step while little waits and is halved or dropped when
much does. A fixed nap would hold a young flow's window down (2 ms: 307 Mbit/s on a gigabit line)."""

NAP_HALVE_SHARE = 3 / 16
NAP_DROP_SHARE = 3 / 8
"""What may wait, as a share of the flow's receive buffer as the kernel has grown it. Half of the buffer
is window (tcp_adv_win_scale 1), so that a flow never comes near to a closed window."""

TLS_RECORDS = 64
"""TLS records (16 KiB) read from one flow before the next has its turn."""

REOPEN_MOST = 64
"""Connections that a server may close in one direction before it counts as broken."""

# --- time ---------------------------------------------------------------------------------------------

BIN_S = 0.1
RAMP_S = 0.3
"""Seconds after the first octet that are never counted."""

FIRST_STAGE_S = 1.2
"""The shortest first stage: the ramp, and nine bins to judge by."""

LATER_STAGE_S = 1.0
"""The shortest stage after flows were added."""

PATIENCE_S = 0.6
"""Seconds beyond a stage's shortest that a rate has to settle before there are more flows anyway."""

STAGE_ROUND_TRIPS = 10
"""Round trips added to each stage: what slow start takes to a window of a thousand segments."""

CONNECT_TIMEOUT_S = 5.0
STALL_S = 3.0
"""Seconds without a single octet after which a direction is given up (the first RTO is 1 s, RFC 6298)."""

# --- steady, full, sustained --------------------------------------------------------------------------

WINDOW_S = 0.9
STEADY_SHARE = 0.03
"""Steady: over the window the mean's 95 % confidence half-width and the difference of its two halves are
both at most this share of it."""

MIDDLE_SHARE = 0.05
"""How far the mean of the middle half of the bins may be from the plain mean to be taken for the rate."""

COARSE_WINDOW_S = 1.5
COARSE_BIN_S = 0.3
LATE_S = 4.0
LATE_WINDOW_S = 2.5
LATE_BIN_S = 0.5
COARSE_SHARE = 0.045
"""What else counts as steady: a longer window in coarser bins, since a proxy on the way acknowledges in
lumps, which even out over a while; and a longer one still when it is late."""

RISE_SHARE = 0.05
"""Doubling the flows must raise the rate by as much for the line to count as not yet full."""

LEVEL_SHARE = 0.10
LEVEL_GROUP_S = 0.5
"""The sustained rate is taken over the longest end of the test whose half-second means are this near to
its final level; what went before was ramp, or a burst that the provider's token bucket allowed."""

ENOUGH_S = 0.5
"""Seconds after the ramp below which there is no figure at all."""

# --- the interface's counters -------------------------------------------------------------------------

SEEN_SHARE = 0.98
"""The interface sees the test when it counts at least this share of the test's own octets."""

FROZEN_SHARE = 0.10
"""Share of bins without any change of the counter above which it is one that the driver refreshes only
now and then (some do once a second): useless for bins."""

QUIET_SHARE = 0.005
"""Below this share the rest of the interface's octets isn't other traffic but how a driver counts (some
add the 4 octets of the frame check sequence: 0.26 %)."""

OTHER_SHARE = 0.10
"""Other traffic above this share, where it can't be separated, makes the figure untrusted."""

AGGREGATED_SHARE = 0.9
"""When the interface counts fewer packets than this share of the test's own segments, it counts
aggregates (GRO, TSO), each with one header."""

LARGEST_MSS = 9000
"""Octets of payload in a jumbo frame's segment, and a few more: anything larger is loopback."""

RECENT_MARKS = 15
SEGMENTS_SHARE = 0.8
FULL_SEGMENTS_SHARE = 0.995
"""The mean size of the segments received is the largest of the last marks, since a gap hides payload. It
is believed from four fifths of a full segment's on (a server that writes 8 KiB at a time has 0.95), and
taken for a full one's when it is as near as that."""

TCP_HEADER_BYTES = 20
TIMESTAMP_BYTES = 12
"""RFC 7323, with its two octets of padding; in every segment once both sides agreed on it."""

TLS_PAYLOAD_SHARE = 16384 / (16384 + 22)
"""Payload in a full TLS 1.3 record: 5 octets of header, 1 of type and 16 of tag (RFC 8446, 5.2)."""

# --- latency ------------------------------------------------------------------------------------------

IDLE_PINGS = 10
IDLE_S = 3.0
"""Pings before the load, and the time they may take together."""

PING_EVERY_S = 0.2
"""Under load, one ping per this interval, on a connection of its own."""

# --- doubt --------------------------------------------------------------------------------------------

CPU_SHARE = 0.85
MACHINE_SHARE = 0.97
"""Share of a direction that the engine was on a processor, or ready and waiting for one, above which that may
have been the limit; and of all processors' time above which the machine may have been."""

SHOW_EVERY_S = 0.2
