import type { Blindness } from './blindness.ts';
import type { HostInterfaces } from './host-interfaces.ts';
import { EnteredOctets, ebpfDatapathOf } from './links/index.ts';

/** Time over which the share is judged. */
const WINDOW_MS = 30_000;
/** Fewer octets in a window say nothing. */
const FEW_OCTETS = 100_000;
/** Share of the octets that must reach IP, so that some bridged frames are no sign. */
const LEAST_SHARE = 0.5;

/**
 * Compares the octets that entered the host through its links with those that reached IP. Connection tracking
 * sees only the latter. The others passed below IP: by eBPF, over a bridge, or through a flow table. The
 * agent is blind when they are the greater part of a window, and a link shows a datapath that forwards by
 * eBPF.
 *
 * The difference is no exact number. Packets that the host merges lose headers, so a few percent are usual.
 * What leaves a tunnel reaches IP twice, which hides as much.
 */
export class BypassedTraffic {
  readonly #blindness: Blindness;
  readonly #entered = new EnteredOctets();
  #ipBefore: number | undefined;
  #enteredOctets = 0;
  #ipOctets = 0;
  #window = { sinceMs: Number.NaN, entered: 0, ip: 0 };

  constructor(blindness: Blindness) {
    this.#blindness = blindness;
  }

  /** Octets that entered through links since the agent started. */
  get enteredOctets(): number {
    return this.#enteredOctets;
  }

  /** Octets that IP received from links since the agent started. */
  get ipOctets(): number {
    return this.#ipOctets;
  }

  /** Takes a reading. @param nowMs monotonic */
  take({ links, ipReceivedOctets }: HostInterfaces, nowMs: number): void {
    this.#enteredOctets += this.#entered.take(links);
    this.#ipOctets += Math.max(0, ipReceivedOctets - (this.#ipBefore ?? ipReceivedOctets));
    this.#ipBefore = ipReceivedOctets;
    const { sinceMs, entered, ip } = this.#window;
    if (nowMs - sinceMs < WINDOW_MS) return;
    if (!Number.isNaN(sinceMs)) this.#judge(links, this.#enteredOctets - entered, this.#ipOctets - ip);
    this.#window = { sinceMs: nowMs, entered: this.#enteredOctets, ip: this.#ipOctets };
  }

  /** Another namespace is read from now on. */
  restart(): void {
    this.#entered.restart();
    this.#ipBefore = undefined;
    this.#window.sinceMs = Number.NaN;
  }

  #judge(links: HostInterfaces['links'], entered: number, ip: number): void {
    const datapath = ebpfDatapathOf(links);
    if (entered < FEW_OCTETS && datapath !== undefined) return;
    if (datapath === undefined || ip >= LEAST_SHARE * entered) {
      this.#blindness.end('tracking bypassed');
      return;
    }
    const percent = Math.round((100 * (entered - ip)) / entered);
    this.#blindness.begin(
      'tracking bypassed',
      `${datapath.name} forwards ${percent} % of the octets by eBPF, where the kernel tracks no connections\n  ${datapath.remedy}`,
    );
  }
}
