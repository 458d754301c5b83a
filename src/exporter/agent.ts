import { uptime } from 'node:os';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { type Account, type Component, DirectoryLock, describeError } from '../runtime/index.ts';
import type { AgentMetrics } from './agent-metrics.ts';
import {
  type AgentOptions,
  type AgentParts,
  type AgentTimes,
  type ResolvedAgentOptions,
  resolveAgentOptions,
} from './agent-options.ts';
import { Blindness } from './blindness.ts';
import { BypassedTraffic } from './bypassed-traffic.ts';
import { ConnectionDirection } from './connection-direction.ts';
import { ConnectionFilter, leftOutReasons } from './connection-filter.ts';
import { ConnectionRecorder } from './connection-recorder.ts';
import { ConnectionStore } from './connection-store.ts';
import { ConnectionTable } from './connection-table.ts';
import { ConntrackWatch } from './conntrack-watch.ts';
import { Coverage } from './coverage.ts';
import { DeniedConnections } from './denied/index.ts';
import { FlowWriter } from './flow-writer.ts';
import { HostReader } from './host-reader.ts';
import { LinkChoice, LinkSeries } from './links/index.ts';
import { NodeAddresses } from './node-addresses.ts';
import { NodeNetwork } from './node-network.ts';
import { readPodSockets } from './pod-sockets.ts';
import { RecordNamer } from './record-namer.ts';
import { RecordSchedule } from './record-schedule.ts';
import { SourceAccount } from './source-account.ts';
import { TrackingAge } from './tracking-age.ts';
import { UnseenConnections } from './unseen-connections.ts';
import { UnwatchedTraffic } from './unwatched-traffic.ts';

const NAME = 'agent';
/** Rows processed in one turn of the event loop: about a millisecond. */
const ROWS_A_TURN = 2_000;
/** How long the list of sockets in the network namespaces of Pods stays valid. */
const POD_SOCKETS_MS = 30_000;

/**
 * The agent of a node: watches the kernel's connections and, on request, the firewall's log, and emits flow
 * records.
 *
 * Accounts: `ip packets` (carried by the host, counted by tracking), `conntrack` (rows from the kernel),
 * `connections`, `denied packets`, `denied flows`, and `agent` (records).
 */
export class Agent implements Component {
  readonly name = NAME;
  #options: AgentOptions;
  readonly #parts: AgentParts;
  #settings: ResolvedAgentOptions;
  readonly #records: Account;
  readonly #network: NodeNetwork;
  readonly #addresses: NodeAddresses;
  readonly #filter: ConnectionFilter;
  readonly #trackingAge = new TrackingAge();
  readonly #directions = new ConnectionDirection(this.#trackingAge);
  readonly #namer: RecordNamer | undefined;
  readonly #writer: FlowWriter;
  readonly #schedule: RecordSchedule;
  readonly #recorder: ConnectionRecorder;
  readonly #store: ConnectionStore;
  readonly #unseen: UnseenConnections;
  readonly #coverage: Coverage;
  readonly #unwatched: UnwatchedTraffic | undefined;
  readonly #stateDirectory: string | undefined;
  #stateLock: DirectoryLock | undefined;
  readonly #blindness: Blindness;
  readonly #bypassed: BypassedTraffic;
  readonly #watch: ConntrackWatch;
  readonly #denied: DeniedConnections | undefined;
  readonly #host: HostReader;
  readonly #links: LinkSeries;
  #begun: number | undefined;
  #podSocketsReadMs = Number.NEGATIVE_INFINITY;
  #stopTicking = () => {};
  #cancelRest = () => {};
  #isFinishing = false;
  #isStopping = false;

  /** @throws WeirError WEIR_AGENT_OPTION for an invalid network */
  constructor(options: AgentOptions, parts: AgentParts) {
    const { clock, log, ledger } = parts;
    const settings = resolveAgentOptions(options);
    this.#options = options;
    this.#parts = parts;
    this.#settings = settings;
    this.#network = new NodeNetwork(options, parts.isWorkload);
    this.#namer = parts.enricher && new RecordNamer(parts.enricher, log);
    this.#filter = new ConnectionFilter(settings.filter, this.#network);
    this.#host = new HostReader(options.netns);
    const capacities = new Map(
      options.linkCapacities?.map(({ link, bitsPerSecond }) => [link, bitsPerSecond]),
    );
    const choice = new LinkChoice(options.links, (name) => capacities.has(name));
    this.#links = new LinkSeries(choice, capacities);

    this.#coverage = new Coverage(ledger);
    const { stateDirectory, netns } = options;
    this.#stateDirectory = stateDirectory;
    if (stateDirectory !== undefined)
      this.#unwatched = new UnwatchedTraffic(stateDirectory, netns, { clock, log, coverage: this.#coverage });
    this.#blindness = new Blindness(NAME, log);
    this.#bypassed = new BypassedTraffic(this.#blindness);
    const rows = new SourceAccount(ledger);
    const connections = ledger.open('connections', 'connections', () => this.#recorder.held, {
      expectedDrops: [...leftOutReasons, 'denied'],
    });
    this.#denied = this.#deniedConnections();
    this.#records = ledger.open(NAME, 'records', () => this.#writer.held);

    const table = new ConnectionTable(settings.maxConnections);
    this.#addresses = new NodeAddresses(table, this.#network);
    const schedule = new RecordSchedule(table, settings);
    this.#schedule = schedule;
    const { events, pollIntervalMs } = settings;
    const filter = this.#filter;
    const writing = { account: this.#records, clock, directions: this.#directions, namer: this.#namer };
    this.#writer = new FlowWriter(options.nodeName, this.#network, writing, parts.emit);
    const recording = { filter, schedule, events, writer: this.#writer, account: connections };
    this.#recorder = new ConnectionRecorder(table, { ...recording, denied: this.#denied });
    const bootedMs = clock.monotonic() - uptime() * 1_000;
    this.#store = new ConnectionStore(table, {
      filter,
      schedule,
      events,
      clock,
      bootedMs,
      recorder: this.#recorder,
      trackingAge: this.#trackingAge,
    });
    this.#unseen = new UnseenConnections(connections);
    this.#watch = new ConntrackWatch(
      {
        events,
        pollIntervalMs,
        netns,
        eventBufferOctets: options.eventBufferOctets,
        tracking: options.tracking ?? false,
      },
      {
        clock,
        log,
        store: this.#store,
        account: rows,
        coverage: this.#coverage,
        blindness: this.#blindness,
        host: this.#host,
        onPolled: (begun) => this.#onPolled(begun),
        onLeft: () => this.#leaveNamespace(),
        onEntered: () => this.#enterNamespace(),
      },
    );
  }

  /**
   * Resolves once it listens to events; the first dump has started by then. A missing source that the agent
   * can do without is logged with the consequence.
   * @throws NetlinkError with the command that helps: no privilege, no connection tracking in the kernel, an
   * NFLOG group in use
   */
  async start(): Promise<void> {
    const { log } = this.#parts;
    for (const remark of this.#settings.remarks) log.warn(NAME, remark);
    await this.#takeStateDirectory();
    try {
      await this.#host.start();
      await this.#readInterfaces();
      await this.#denied?.start();
      await this.#watch.start();
      await this.#unwatched?.begin();
    } catch (error) {
      await this.#stateLock?.release();
      await Promise.all([this.#watch.abandon(), this.#denied?.stop(), this.#host.stop()]);
      throw error;
    }
    this.#startTicking();
  }

  /**
   * Changes times while it runs. Each connection goes by the new timeouts once it has another packet or
   * record; the next poll comes at once.
   */
  changeTimes(times: AgentTimes): void {
    this.#options = { ...this.#options, ...times };
    const settings = resolveAgentOptions(this.#options);
    const { pollIntervalMs } = this.#settings;
    this.#settings = settings;
    for (const remark of settings.remarks) this.#parts.log.warn(NAME, remark);
    this.#schedule.timeouts = settings;
    if (this.#denied !== undefined) this.#denied.timeouts = settings;
    if (settings.pollIntervalMs !== pollIntervalMs) this.#watch.pollIntervalMs = settings.pollIntervalMs;
    if (!this.#isStopping) this.#startTicking();
  }

  #startTicking(): void {
    this.#stopTicking();
    this.#stopTicking = this.#parts.clock.every(this.#settings.tickMs, () => this.#expire());
  }

  /**
   * Reads the kernel's table once more and emits the rest of every flow (flowEndReason 4, or 3 if it has
   * ended).
   */
  async stop(deadlineMs: number): Promise<void> {
    this.#isStopping = true;
    this.#stopTicking();
    this.#cancelRest();
    const begun = await this.#watch.stop(deadlineMs);
    await this.#denied?.stop();
    await this.#host.stop();
    if (begun !== undefined) this.#unseen.conclude(begun, this.#store.begun);
    await this.#finish();
    await this.#stateLock?.release();
  }

  /** Why the agent may miss flows on its host, with remedies; empty when it sees all. */
  get problems(): readonly string[] {
    return this.#blindness.problems;
  }

  /** The connection tracking in use, as a sentence; empty until known. */
  get tracking(): string {
    return this.#watch.tracking;
  }

  /** IP packets that the host carried and no flow counts; undefined while that is unknown. */
  get ignoredPackets(): number | undefined {
    return this.#coverage.uncounted;
  }

  /** What the collector should know of this agent. */
  get meteringState() {
    return {
      name: this.#options.nodeName,
      blindBecause: this.#blindness.readings.filter(({ isBlind }) => isBlind).map(({ reason }) => reason),
      carriedPackets: this.#coverage.carried,
      meteredPackets: Math.min(this.#coverage.carried, this.#coverage.counted),
    };
  }

  get metrics(): AgentMetrics {
    const { tableState, pollCycleDuration } = this.#watch;
    return {
      nodeName: this.#options.nodeName,
      conntrackTotalConnections: tableState?.entries ?? 0,
      conntrackKeptConnections: this.#recorder.held,
      conntrackMaxConnections: tableState?.maxEntries ?? 0,
      deniedConnections: this.#denied?.held ?? 0,
      flowCollectorReconnections: this.#parts.reconnections?.() ?? 0,
      isCollectorConnected: this.#parts.isCollectorConnected?.(),
      pollCycleDuration: pollCycleDuration.snapshot,
      connectionsBegun: this.#begun,
      connectionsNeverSeen: this.#unseen.count,
      ipPackets: this.#coverage.carried,
      countedPackets: this.#coverage.counted,
      enteredOctets: this.#bypassed.enteredOctets,
      ipOctets: this.#bypassed.ipOctets,
      blindness: this.#blindness.readings,
      links: this.#links.metrics,
      linkCounts: this.#links.counts,
    };
  }

  /** Makes the records that are due, one turn at a time. */
  #expire(): void {
    const { clock } = this.#parts;
    this.#cancelRest();
    if (this.#isFinishing) return;
    this.#nameExportSessions();
    if (!this.#recorder.expire(clock.monotonic(), ROWS_A_TURN, this.#store.isDumping)) {
      this.#cancelRest = clock.after(0, () => this.#expire());
      return;
    }
    this.#writer.flush();
  }

  /** Records the rest of every connection and releases it, one turn at a time. */
  async #finish(): Promise<void> {
    const nowMs = this.#parts.clock.monotonic();
    this.#isFinishing = true;
    this.#cancelRest();
    this.#nameExportSessions();
    while (!this.#recorder.finish(nowMs, ROWS_A_TURN)) await nextTurn();
    this.#isFinishing = false;
    this.#writer.flush();
  }

  /** Two agents with one directory would each continue from the other's reading. */
  async #takeStateDirectory(): Promise<void> {
    if (this.#stateDirectory === undefined) return;
    const what = { path: this.#stateDirectory, what: 'state directory' } as const;
    this.#stateLock = await DirectoryLock.take({ ...what, inUse: 'WEIR_STATE_DIRECTORY_IN_USE' });
  }

  async #leaveNamespace(): Promise<void> {
    await Promise.all([this.#host.stop(), this.#denied?.letGo()]);
    await this.#finish();
  }

  async #enterNamespace(): Promise<void> {
    await this.#denied?.reopen();
    this.#links.restart();
    this.#bypassed.restart();
    await this.#readInterfaces();
  }

  async #onPolled(begun: number | undefined): Promise<void> {
    if (begun !== undefined) {
      this.#begun = begun;
      this.#unseen.compare(begun, this.#store.begun);
    }
    await this.#unwatched?.save();
    await this.#readInterfaces();
    await this.#readPodSockets();
    this.#expire();
  }

  async #readInterfaces(): Promise<void> {
    try {
      const nowMs = this.#parts.clock.monotonic();
      const interfaces = await this.#host.read();
      this.#addresses.take(interfaces.addresses, nowMs);
      this.#bypassed.take(interfaces, nowMs);
      const remark = this.#links.take(interfaces.links);
      if (remark !== undefined) this.#parts.log.limited(NAME, 'links', remark);
      this.#directions.sockets = await this.#host.readSockets();
    } catch (error) {
      this.#parts.log.limited(
        NAME,
        'interfaces',
        `network interfaces and sockets could not be read: ${describeError(error)}`,
      );
    }
  }

  /**
   * Useful only when this node's own networks are known: another address may exist in a namespace here as
   * well.
   */
  async #readPodSockets(): Promise<void> {
    const { clock, log, isWorkload } = this.#parts;
    const nowMs = clock.monotonic();
    const hasPods = isWorkload !== undefined || (this.#options.nodeNetworks?.length ?? 0) > 0;
    if (!hasPods || nowMs - this.#podSocketsReadMs < POD_SOCKETS_MS) return;
    const isFirst = this.#podSocketsReadMs < 0;
    this.#podSocketsReadMs = nowMs;
    const { sockets, refused, isCut } = await readPodSockets();
    this.#directions.pods = sockets;
    if (!isFirst || (refused === 0 && !isCut)) return;
    const reason = isCut ? 'there are too many processes' : `reading ${refused} processes is not permitted`;
    log.info(
      NAME,
      `not all listening sockets of Pods are known (${reason}): for connections that were open before, ports determine who opened them. Reading these sockets needs root, or CAP_SYS_PTRACE, in the host's PID namespace`,
    );
  }

  #nameExportSessions(): void {
    this.#filter.exportSessions = this.#parts.exportSessions?.() ?? [];
  }

  #deniedConnections(): DeniedConnections | undefined {
    const { clock, log, ledger, emit } = this.#parts;
    const { deniedGroups: groups = [], nodeName, netns } = this.#options;
    const { activeTimeoutMs, idleTimeoutMs, filter } = this.#settings;
    if (groups.length === 0) return undefined;
    return new DeniedConnections(
      {
        groups,
        activeTimeoutMs,
        idleTimeoutMs,
        loopback: filter.loopback,
        node: { name: nodeName, network: this.#network, directions: this.#directions, namer: this.#namer },
        ...(filter.protocols === undefined ? {} : { protocols: new Set(filter.protocols) }),
        ...(netns === undefined ? {} : { networkNamespace: netns }),
      },
      {
        clock,
        log,
        ledger,
        onFlows: (batch) => {
          this.#records.received += batch.length;
          this.#records.sent += batch.length;
          emit(batch);
        },
      },
    );
  }
}
