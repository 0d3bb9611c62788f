import { daysLeft, type IdentityFacts } from '../../domain/identity';
import { facts } from '../output/table';

/** An identity as both commands print it. */
export interface IdentityFields {
  readonly mspId: string;
  readonly subject: string;
  readonly issuer: string;
  readonly units: readonly string[];
  readonly alternativeNames: readonly string[];
  readonly daysLeft: number;
  readonly sha256: string;
  readonly certificate: string;
  readonly privateKey: string;
  readonly warnings: readonly string[];
}

export function identityFields(
  mspId: string,
  identity: IdentityFacts,
  files: Pick<IdentityFields, 'certificate' | 'privateKey'>,
  about: { readonly warnings: readonly string[]; readonly nowMs: number },
): IdentityFields {
  const { subject, issuer, units, alternativeNames, sha256 } = identity;
  return {
    ...{ mspId, subject, issuer, units, alternativeNames, sha256, ...files },
    daysLeft: daysLeft(identity, about.nowMs),
    warnings: about.warnings,
  };
}

export const identityText = (identity: IdentityFields, further: readonly (readonly [string, string])[] = []): string =>
  facts([
    ['subject', identity.subject],
    ['issuer', identity.issuer],
    ['MSP', identity.mspId],
    ['units', identity.units.join(', ') || 'none'],
    ['names', identity.alternativeNames.join(', ') || 'none'],
    ['days left', String(identity.daysLeft)],
    ['sha256', identity.sha256],
    ['certificate', identity.certificate],
    ['key', identity.privateKey],
    ...further,
    ...identity.warnings.map((warning): [string, string] => ['warning', warning]),
  ]);
