import { inspectChannel } from '../../adapters/fabric-inspection';
import { systemClock } from '../../adapters/clock';
import { inspectTls } from '../../adapters/inspection';
import { inspectRegistry } from '../../adapters/registry';
import {
  askOnce,
  runChecks,
  type Answers,
  type Check,
  type Examination,
  type Surroundings,
  type Visit,
} from '../../app/doctor';
import type { AgentConfig } from '../../config/schema';
import { readVersion } from '../../config/version';
import type { OwnAgentLook } from '../../domain/doctor/agents';
import type { Finding } from '../../domain/doctor/finding';
import type { CallOptions } from '../../ports/call';
import type { ChannelInspection } from '../../ports/inspection';
import type { Log } from '../../ports/log';
import { connectEngine, registryOf } from '../engine';
import { settingsOf } from '../settings';
import { lookAtIdentity } from './identity';
import { inspectMachine } from './machine';
import { visitAgent } from './visit-agent';

/** What doctor is told by whoever calls it. */
export interface ExaminationRequest {
  /** Null: it is not valid. */
  readonly config: AgentConfig | null;
  readonly configFindings: readonly Finding[];
  readonly checks: readonly Check[];
  /** For each question by itself. */
  readonly call: CallOptions;
  readonly log: Log;
  nowMs(): number;
  askAgent(): Promise<{ readonly agent: OwnAgentLook | null; readonly why: string }>;
  missingPrograms(): Promise<readonly string[]>;
}

/** Looks at everything that an agent depends on, by connections of its own: no agent has to run. Never throws. */
export async function examine(request: ExaminationRequest): Promise<Examination> {
  const { config, call, checks } = request;
  const surroundings: Surroundings = {
    version: readVersion(),
    call,
    machine: inspectMachine(() => request.missingPrograms()),
    configFindings: request.configFindings,
    nowMs: () => request.nowMs(),
  };
  if (config === null) return runChecks(checks, surroundings, null);
  const opened: ChannelInspection[] = [];
  const visit = createVisit(config, surroundings, request, (channel) => opened.push(channel));
  try {
    return await runChecks(checks, surroundings, visit);
  } finally {
    await Promise.all(opened.map((channel) => channel.close()));
  }
}

function createVisit(
  config: AgentConfig,
  surroundings: Surroundings,
  request: ExaminationRequest,
  onOpen: (channel: ChannelInspection) => void,
): Visit {
  const { call, log } = request;
  const clock = { ...systemClock, nowMs: () => request.nowMs() };
  const { profile, capacity } = settingsOf(config);
  const identity = (): ReturnType<typeof lookAtIdentity> => lookAtIdentity(config.ledger, request.nowMs());
  const asked: Answers = askOnce({
    identity,
    channel: async () => {
      const { connectionProfile, channel, chaincode, asLocalhost } = config.ledger;
      const { certificatePem, privateKeyPem } = await identity();
      const inspection = inspectChannel({
        ...{ connectionProfile, channel, chaincode, asLocalhost, certificatePem, privateKeyPem },
        ...{ mspId: config.cluster.mspId, log, clock },
      });
      onOpen(inspection);
      return inspection;
    },
    ownAgent: () => request.askAgent(),
    height: async () => (await asked.channel()).height(call),
    configuration: async () => (await asked.channel()).configuration(call),
    definition: async () => (await asked.channel()).definition(call),
    registered: async () => (await asked.channel()).registered(call),
    leases: async () => (await asked.channel()).leases(call),
    nodes: async () => (await asked.channel()).nodes(call),
    engine: async () => (await connectEngine(config, log)).engine.observe(call),
  });
  return {
    ...surroundings,
    ...{ config, profile, declared: capacity, answers: asked },
    tls: async (endpoint, options) => inspectTls(endpoint, await identity(), options),
    registry: async (options) => inspectRegistry(await registryOf(config.registry), options),
    agents: visitAgent(config.cluster.mspId, identity),
  };
}
