import type { ChaincodeDefinition, EndorsementRule } from '../../domain/doctor/channel-facts';
import { protos } from '../fabric-grpc';

/** What is asked of `_lifecycle`: the arguments of `QueryChaincodeDefinition`, all of whose bytes are ASCII. */
export const definitionQuestion = (chaincode: string): string =>
  Buffer.from(protos.lifecycle.QueryChaincodeDefinitionArgs.encode({ name: chaincode }).finish()).toString('latin1');

/** @throws Error of protobufjs for bytes that are none */
export function readDefinition(answer: Uint8Array): ChaincodeDefinition {
  const { version, sequence, validation_parameter } = protos.lifecycle.QueryChaincodeDefinitionResult.decode(answer);
  return { version, sequence: Number(sequence), rule: ruleOf(validation_parameter) };
}

function ruleOf(parameter: Uint8Array): EndorsementRule {
  const { signature_policy: signature, channel_config_policy_reference: path } =
    protos.common.ApplicationPolicy.decode(parameter);
  if (typeof path === 'string' && path !== '') return { kind: 'reference', path };
  if (!signature?.rule) return { kind: 'unknown' };
  const organizations = (signature.identities ?? []).map(mspIdOf);
  const needed = fewest(signature.rule, organizations);
  return needed === null
    ? { kind: 'unknown' }
    : { kind: 'organizations', needed: needed.size, mspIds: [...new Set(organizations)].sort() };
}

function mspIdOf({ principal }: protos.common.IMSPPrincipal): string {
  return protos.common.MSPRole.decode(principal ?? new Uint8Array()).msp_identifier;
}

/** One of the smallest sets of organisations that meet a rule; null: it names what it does not define. */
function fewest(rule: protos.common.ISignaturePolicy, organizations: readonly string[]): ReadonlySet<string> | null {
  const { n_out_of: outOf, signed_by: signedBy } = rule;
  if (!outOf) {
    const name = organizations[signedBy ?? 0];
    return name === undefined ? null : new Set([name]);
  }
  const parts = (outOf.rules ?? []).map((each) => fewest(each, organizations));
  const known = parts.filter((part) => part !== null).sort((a, b) => a.size - b.size);
  if (known.length < parts.length) return null;
  return new Set(known.slice(0, outOf.n ?? 0).flatMap((part) => [...part]));
}
