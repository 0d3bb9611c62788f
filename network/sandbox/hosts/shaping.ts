import { GATEWAY } from '../plan';

/** Which end of a host's link a device is: `host` sends for the host, `bridge` sends towards it. */
export type LinkEnd = 'host' | 'bridge';

/** How long a full queue delays a packet at most: about what a small edge router holds. */
const QUEUE_SECONDS = 0.1;
const SMALLEST_QUEUE_BYTES = 128 * 1024;

/**
 * The `tc` lines that limit what one end of a link sends, except towards or from the machine itself: there sit the
 * vehicle and the tests, which come over another way than the link between the clusters.
 * @param rateMbit megabits per second
 */
export function shapingLines(device: string, rateMbit: number, end: LinkEnd): readonly string[] {
  const queueBytes = Math.max(SMALLEST_QUEUE_BYTES, Math.round(rateMbit * 125_000 * QUEUE_SECONDS));
  const exempt = end === 'host' ? 'dst' : 'src';
  return [
    `qdisc add dev ${device} root handle 1: htb default 10`,
    // The burst holds one segment as large as the kernel hands them down, else every one would wait for tokens.
    `class add dev ${device} parent 1: classid 1:10 htb rate ${rateMbit}mbit burst 64kb cburst 64kb quantum 65536`,
    `class add dev ${device} parent 1: classid 1:20 htb rate 100gbit quantum 65536`,
    `qdisc add dev ${device} parent 1:10 handle 10: bfifo limit ${queueBytes}`,
    `filter add dev ${device} parent 1: protocol ip prio 1 u32 match ip ${exempt} ${GATEWAY}/32 flowid 1:20`,
  ];
}
