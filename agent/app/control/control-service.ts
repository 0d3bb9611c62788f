import type {
  ClusterControl,
  ControlService,
  FeedControl,
  DrainControl,
  HealthView,
  InstanceControl,
  LedgerControl,
  MigrationControl,
  PlacementControl,
  ReadinessView,
  RouteControl,
  ServiceControl,
  StatusView,
} from '../../ports/control';
import type { Agent } from '../agent';
import { AgentFeeds } from '../feed/agent-feeds';
import { AgentClusterControl } from './cluster-control';
import { AgentFeedControl } from './feed-control';
import { AgentDrainControl } from './drain-control';
import { AgentInstanceControl } from './instance-control';
import { AgentLedgerControl } from './ledger-control';
import { AgentMigrationControl } from './migration-control';
import { AgentRouteControl } from './route-control';
import { AgentPlacementControl } from './placement-control';
import { AgentServiceControl } from './service-control';
import { StatusBoard } from './status-board';

/** A main loop that has not ticked for so long is stuck, in milliseconds. */
const STUCK_MS = 15_000;

/** Answers operators: reads from the ledger, orders from the lanes. */
export class AgentControl implements ControlService {
  readonly board: StatusBoard;
  readonly clusters: ClusterControl;
  readonly drain: DrainControl;
  readonly services: ServiceControl;
  readonly instances: InstanceControl;
  readonly migrations: MigrationControl;
  readonly placement: PlacementControl;
  readonly ledger: LedgerControl;
  readonly routes: RouteControl;
  readonly feeds: FeedControl;

  constructor(
    private readonly agent: Agent,
    about: { readonly version: string; readonly channel: string; readonly startedAtMs: number },
    feeds = new AgentFeeds(agent.context.clock, agent.context.ledger.nodeId),
  ) {
    this.board = new StatusBoard(agent, about);
    this.clusters = new AgentClusterControl(agent);
    this.drain = new AgentDrainControl(agent);
    this.services = new AgentServiceControl(agent);
    this.instances = new AgentInstanceControl(agent);
    this.migrations = new AgentMigrationControl(agent);
    this.placement = new AgentPlacementControl(agent);
    this.ledger = new AgentLedgerControl(agent, about);
    this.routes = new AgentRouteControl(agent);
    this.feeds = new AgentFeedControl(agent, feeds);
  }

  status(): StatusView {
    return this.board.view();
  }

  health(): HealthView {
    const { clock } = this.agent.context;
    const lastTickAtMs = this.agent.lastTickAtMs;
    return { ticking: clock.nowMs() - lastTickAtMs < STUCK_MS, lastTickAtMs };
  }

  readiness(): ReadinessView {
    const waitsFor = this.board.waitsFor();
    return { ready: waitsFor.length === 0, waitsFor };
  }
}
