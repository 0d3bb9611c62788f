import type { ChaincodeDefinition, ChannelConfiguration } from './channel-facts';
import { fail, ok, warn, type Finding } from './finding';

const CHANGE =
  "commit the chaincode's next definition with --signature-policy \"OutOf(2,'Org1MSP.peer','Org2MSP.peer',...)\": peer lifecycle chaincode approveformyorg, then commit";

/** How many organisations have to come to the same result, and which ones may. */
interface Needed {
  readonly words: string;
  readonly needed: number;
  readonly mspIds: readonly string[];
}

/** Whether one organisation alone could write what it likes, and whether one that is off stops everybody. */
export function judgeEndorsement(
  { rule }: Pick<ChaincodeDefinition, 'rule'>,
  channel: Pick<ChannelConfiguration, 'mspIds' | 'endorsement'>,
): readonly Finding[] {
  const found = neededOf(rule, channel);
  if (found === null) {
    return [warn('the endorsement policy has a form that cannot be judged here', `read it, or ${CHANGE}.`)];
  }
  const missing = channel.mspIds.filter((mspId) => !found.mspIds.includes(mspId));
  return [
    judgeNeeded(found, channel.mspIds.length),
    ...missing.map((mspId) => warn(`${mspId} is a member of the channel and no endorser`, `Add it: ${CHANGE}.`, mspId)),
  ];
}

function judgeNeeded({ words, needed, mspIds }: Needed, members: number): Finding {
  const seen = `${words}: ${needed} of ${mspIds.length} organisations have to endorse`;
  if (needed < 2 && members > 1) {
    return fail(`${seen}, so that one with an altered chaincode can write what it likes`, sentence(CHANGE));
  }
  if (needed < 2) return ok(`${seen}; with one organisation that is all there is`);
  if (needed === mspIds.length && needed > 2) {
    return warn(`${seen}, so that nothing is written while one of them is off`, sentence(CHANGE));
  }
  return ok(seen);
}

function neededOf(
  rule: ChaincodeDefinition['rule'],
  { mspIds, endorsement }: Pick<ChannelConfiguration, 'mspIds' | 'endorsement'>,
): Needed | null {
  if (rule.kind === 'organizations') {
    return { words: `OutOf(${rule.needed}, ${rule.mspIds.join(', ')})`, needed: rule.needed, mspIds: rule.mspIds };
  }
  if (rule.kind === 'unknown' || endorsement === null || !rule.path.endsWith('/Application/Endorsement')) return null;
  const needed = { ANY: 1, ALL: mspIds.length, MAJORITY: Math.floor(mspIds.length / 2) + 1 }[endorsement];
  return { words: `${endorsement} of the channel`, needed, mspIds };
}

const sentence = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
