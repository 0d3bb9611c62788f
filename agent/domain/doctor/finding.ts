/** `skip`: it could not be looked at, because something else is missing that has a finding of its own. */
export type FindingState = 'ok' | 'warn' | 'fail' | 'skip';

/** What one look at one thing gave. */
export interface Finding {
  /** Which one of several, e.g. a node's name; empty: there is only one. */
  readonly about: string;
  readonly state: FindingState;
  /** What was seen, in one sentence. */
  readonly seen: string;
  /** How to mend it, in one sentence with the command to run; empty where nothing has to be. */
  readonly mend: string;
}

export const ok = (seen: string, about = ''): Finding => ({ about, state: 'ok', seen, mend: '' });
export const skip = (seen: string, about = ''): Finding => ({ about, state: 'skip', seen, mend: '' });
export const warn = (seen: string, mend: string, about = ''): Finding => ({ about, state: 'warn', seen, mend });
export const fail = (seen: string, mend: string, about = ''): Finding => ({ about, state: 'fail', seen, mend });

/** The findings, or what holds when there is none. */
export const findingsOr = (findings: readonly Finding[], fine: Finding): readonly Finding[] =>
  findings.length > 0 ? findings : [fine];

const WORST_FIRST = ['fail', 'warn', 'skip'] as const satisfies readonly FindingState[];

/** The worst of some states; `ok` of none. */
export const worstOf = (states: readonly FindingState[]): FindingState =>
  WORST_FIRST.find((state) => states.includes(state)) ?? 'ok';
