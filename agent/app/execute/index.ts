import type { LaneView } from '../../domain/lane-view';
import type { Step, StepName } from '../../domain/steps';
import type { AgentContext } from '../context';
import type { InstanceJournal } from '../instance-journal';
import type { Lane } from '../lane';
import type { Promises } from '../promises';
import type { SharedContainers } from '../shared-containers';
import type { TokenKeeper } from '../token-keeper';
import { engineExecutors } from './engine';
import { ledgerExecutors } from './ledger';
import { peerExecutors } from './peers';
import { retireExecutor } from './retire';

/** What executors work with. */
export interface ExecutorParts {
  readonly context: AgentContext;
  readonly journal: InstanceJournal;
  readonly promises: Promises;
  readonly shared: SharedContainers;
  readonly tokens: TokenKeeper;
}

/** The look on which the step was planned, and the lane that asked. */
export interface StepScene {
  readonly view: LaneView;
  readonly lane: Lane;
  readonly signal: AbortSignal;
}

type StepOf<N extends StepName> = Extract<Step, { name: N }>;
/** One executor for each step: a missing one does not compile. Its result goes into the journal. */
export type Executors = { readonly [N in StepName]: (step: StepOf<N>, scene: StepScene) => Promise<unknown> };

/** Does one step. @throws BlosmError when it failed; it can be repeated */
export type Execute = (step: Step, view: LaneView, lane: Lane, signal: AbortSignal) => Promise<unknown>;

export function createExecute(parts: ExecutorParts): Execute {
  const executors: Executors = {
    ...ledgerExecutors(parts),
    ...engineExecutors(parts),
    ...peerExecutors(parts),
    ...retireExecutor(parts),
  };
  return (step, view, lane, signal) => {
    // The table is total and keyed by the step's own name, which TypeScript cannot see through a union.
    const executor = executors[step.name] as (step: Step, scene: StepScene) => Promise<unknown>;
    return executor(step, { view, lane, signal });
  };
}
