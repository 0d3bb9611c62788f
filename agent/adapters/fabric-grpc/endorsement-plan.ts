/** Which peers' agreement satisfies the chaincode's endorsement policy, as discovery tells it. */
export interface EndorsementPlan {
  /** Peers that are interchangeable, by the name of their group. */
  readonly groups: Readonly<Record<string, readonly string[]>>;
  /** Alternatives: how many peers of which groups. */
  readonly layouts: readonly Readonly<Record<string, number>>[];
}

/** What peers said, by name: equal texts are equal answers. */
export type Answers = ReadonlyMap<string, string>;

/** An answer that enough peers gave. */
export interface Agreement {
  readonly answer: string;
  readonly peers: readonly string[];
}

/** The first answer on which a layout's peers agree; undefined when there is none yet. */
export function findAgreement(plan: EndorsementPlan, answers: Answers): Agreement | undefined {
  for (const answer of new Set(answers.values())) {
    const agreeing = membersByGroup(
      plan,
      [...answers].filter(([, each]) => each === answer).map(([peer]) => peer),
    );
    for (const layout of plan.layouts) {
      const peers = fillLayout(layout, agreeing);
      if (peers !== undefined) return { answer, peers };
    }
  }
  return undefined;
}

/**
 * The fewest further peers whose answers could complete a layout.
 * @param waitingFor peers that were asked and may still answer in time
 * @param candidates peers that can still be asked, the preferred first
 * @returns empty when those already asked may be enough; undefined when no layout can be completed any more
 */
export function choosePeers(
  plan: EndorsementPlan,
  answers: Answers,
  waitingFor: readonly string[],
  candidates: readonly string[],
): readonly string[] | undefined {
  const rank = new Map(candidates.map((peer, index) => [peer, index]));
  let best: readonly string[] | undefined;
  for (const agreeing of agreeingSets(answers)) {
    const available = membersByGroup(plan, [...agreeing, ...waitingFor, ...candidates]);
    for (const layout of plan.layouts) {
      const peers = fillLayout(layout, available);
      const further = peers?.filter((peer) => rank.has(peer));
      if (further !== undefined && isCheaper(further, best, rank)) best = further;
    }
  }
  return best;
}

function agreeingSets(answers: Answers): string[][] {
  const byAnswer = new Map<string, string[]>();
  for (const [peer, answer] of answers) byAnswer.set(answer, [...(byAnswer.get(answer) ?? []), peer]);
  return [...byAnswer.values(), []];
}

function isCheaper(
  peers: readonly string[],
  best: readonly string[] | undefined,
  rank: ReadonlyMap<string, number>,
): boolean {
  if (best === undefined || peers.length !== best.length) return best === undefined || peers.length < best.length;
  const cost = (each: readonly string[]): number => each.reduce((sum, peer) => sum + (rank.get(peer) ?? 0), 0);
  return cost(peers) < cost(best);
}

/** Peers by the groups that they are in, in the order given. */
type Members = ReadonlyMap<string, readonly string[]>;

/** Once for all layouts: two of a hundred organisations make 4,950. */
function membersByGroup(plan: EndorsementPlan, available: readonly string[]): Members {
  const byGroup = new Map<string, string[]>();
  for (const [group, names] of Object.entries(plan.groups)) {
    const members = new Set(names);
    const found = available.filter((peer) => members.has(peer));
    if (found.length > 0) byGroup.set(group, found);
  }
  return byGroup;
}

/** Peers that fill every group of the layout, the first ones of each group, each counted once. */
function fillLayout(layout: Readonly<Record<string, number>>, available: Members): string[] | undefined {
  const taken: string[] = [];
  for (const [group, quantity] of Object.entries(layout)) {
    const chosen = (available.get(group) ?? []).filter((peer) => !taken.includes(peer)).slice(0, quantity);
    if (chosen.length < quantity) return undefined;
    taken.push(...chosen);
  }
  return taken;
}
