/** What a certificate and a key are, as far as it matters to an agent. */
export interface IdentityFacts {
  readonly subject: string;
  readonly issuer: string;
  /** Organisational units of the subject; Fabric's NodeOUs are `client`, `admin`, `peer`, `orderer`. */
  readonly units: readonly string[];
  /** E.g. `DNS:localhost`. */
  readonly alternativeNames: readonly string[];
  /** Object identifiers of the uses to which it is restricted; empty: to none. */
  readonly restrictedTo: readonly string[];
  readonly isAuthority: boolean;
  /** Node's name of the curve, e.g. `prime256v1`; null: another kind of key. */
  readonly curve: string | null;
  readonly validFromMs: number;
  readonly validToMs: number;
  /** Over the DER form, hexadecimal digits. */
  readonly sha256: string;
}

/** What is wrong with an identity for an agent, in sentences: `faults` forbid it, `warnings` do not. */
export interface IdentityVerdict {
  readonly faults: readonly string[];
  readonly warnings: readonly string[];
}

const CURVE = 'prime256v1';
const DAY_MS = 86_400_000;
/** With so many days left or fewer an end is near enough to be warned of. */
export const SOON_DAYS = 30;
/** RFC 5280, 4.2.1.12: what an agent needs to be either end of TLS. */
const TLS_USES = ['1.3.6.1.5.5.7.3.1', '1.3.6.1.5.5.7.3.2'];
const ANY_USE = '2.5.29.37.0';

/** Whole days until it expires; negative: since it has. */
export const daysLeft = ({ validToMs }: Pick<IdentityFacts, 'validToMs'>, nowMs: number): number =>
  Math.floor((validToMs - nowMs) / DAY_MS);

/**
 * Judges an identity for an agent, which signs transactions with it and proves itself to other agents by it.
 * @param allowAdmin the operator says that an admin's certificate is meant
 */
export function judgeIdentity(facts: IdentityFacts, nowMs: number, allowAdmin: boolean): IdentityVerdict {
  const left = daysLeft(facts, nowMs);
  const unit = judgeUnits(facts.units, allowAdmin);
  return {
    faults: [
      ...(facts.curve === CURVE
        ? []
        : [`its key is ${facts.curve ?? 'on no elliptic curve'}; Fabric signs with P-256`]),
      ...(facts.isAuthority ? ["it is a certificate authority's, not a member's"] : []),
      ...judgeTime(facts, nowMs),
      ...unit.faults,
    ],
    warnings: [
      ...(left >= 0 && left < SOON_DAYS ? [`it expires in ${left} days`] : []),
      ...judgeUses(facts.restrictedTo),
      ...unit.warnings,
    ],
  };
}

function judgeTime({ validFromMs, validToMs }: IdentityFacts, nowMs: number): string[] {
  if (nowMs > validToMs) return [`it expired ${-daysLeft({ validToMs }, nowMs)} days ago`];
  return nowMs < validFromMs ? ['it is not valid yet; is the clock of this machine right?'] : [];
}

/** Fabric's default policies let clients and admins write; only the organisation's admin may register an agent. */
function judgeUnits(units: readonly string[], allowAdmin: boolean): IdentityVerdict {
  if (units.includes('admin')) {
    const why = 'it is an admin: whoever took it from this machine could replace the agents of the organisation';
    return allowAdmin
      ? { faults: [], warnings: [why] }
      : { faults: [`${why}; enrol a client, or say --allow-admin`], warnings: [] };
  }
  const node = units.find((unit) => unit === 'peer' || unit === 'orderer');
  if (node !== undefined) {
    return {
      faults: [
        `it is that of ${node === 'peer' ? 'a peer' : 'an orderer'}: the usual policies let clients submit, not nodes`,
      ],
      warnings: [],
    };
  }
  if (units.includes('client')) return { faults: [], warnings: [] };
  return { faults: [], warnings: ['it has no unit client, without which an MSP with NodeOUs does not know it'] };
}

function judgeUses(restrictedTo: readonly string[]): string[] {
  const isFree = restrictedTo.length === 0 || restrictedTo.includes(ANY_USE);
  if (isFree || TLS_USES.every((use) => restrictedTo.includes(use))) return [];
  return [`its use is restricted (${restrictedTo.join(', ')}): agents need it as client and as server of TLS`];
}
