import type { Answers } from './check';

/**
 * The same questions, each asked when it is first needed and only once; a failure is remembered too, so that a dead peer
 * is waited for once and not by every check.
 */
export function askOnce(ask: Answers): Answers {
  return {
    identity: once(ask.identity),
    channel: once(ask.channel),
    ownAgent: once(ask.ownAgent),
    height: once(ask.height),
    configuration: once(ask.configuration),
    definition: once(ask.definition),
    registered: once(ask.registered),
    leases: once(ask.leases),
    nodes: once(ask.nodes),
    engine: once(ask.engine),
  };
}

function once<T>(ask: () => Promise<T>): () => Promise<T> {
  let answer: Promise<T> | undefined;
  return () => (answer ??= ask());
}
