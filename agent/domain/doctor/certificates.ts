import { daysLeft, judgeIdentity, SOON_DAYS, type IdentityFacts } from '../identity';
import type { NodeEndpoint } from './channel-facts';
import { fail, findingsOr, ok, warn, type Finding } from './finding';

const RENEW_IDENTITY =
  'Enrol the client anew and give both files to the agent, which goes on with them while it runs: blosm identity import --cert FILE --key FILE, then blosm cluster register.';

/** What of the agent's own identity was found. */
export interface IdentityLook {
  readonly file: string;
  readonly facts: IdentityFacts;
  readonly isPair: boolean;
  readonly nowMs: number;
}

/** Also what decides whether the agent may start. */
export function judgeOwnIdentity({ file, facts, isPair, nowMs }: IdentityLook): readonly Finding[] {
  const { faults, warnings } = judgeIdentity(facts, nowMs, true);
  const findings = [
    ...(isPair
      ? []
      : [
          fail(
            `ledger.privateKey does not belong to ${file}`,
            'Import the pair together: blosm identity import --cert FILE --key FILE.',
          ),
        ]),
    ...faults.map((fault) => fail(`${file}: ${fault}`, RENEW_IDENTITY)),
    ...warnings.map((warning) => warn(`${file}: ${warning}`, RENEW_IDENTITY)),
  ];
  return findingsOr(findings, ok(`${facts.subject}, ${daysLeft(facts, nowMs)} days left`));
}

/** @param isIssued whether one of the channel's authorities of the organisation has issued it */
export function judgeIssuer(mspId: string, issuer: string, isIssued: boolean): Finding {
  return isIssued
    ? ok(`issued by ${issuer}, an authority of ${mspId} on this channel`)
    : fail(
        `issued by ${issuer}, which is no authority of ${mspId} on this channel`,
        'The identity is of an earlier network or of another organisation: enrol it at the CA of this one, then blosm identity import --cert FILE --key FILE.',
      );
}

/** What a node's TLS server has shown, or why no connection came about. */
export type TlsLook =
  | { readonly failure: string; readonly code: string }
  | {
      /** Undefined: the authorities given have issued it, and it is valid. */
      readonly distrust: string | undefined;
      readonly issuer: string;
      readonly alternativeNames: readonly string[];
      /** Whether it is for the name under which the node is reached. */
      readonly fits: boolean;
      readonly validToMs: number;
    };

export interface TlsJudgement {
  readonly endpoint: NodeEndpoint;
  /** The name that the certificate has to carry. */
  readonly expected: string;
  readonly look: TlsLook;
  readonly nowMs: number;
  /** `ledger.asLocalhost`. */
  readonly asLocalhost: boolean;
}

/** A node's TLS certificate and the way to it. */
export function judgeTls(judgement: TlsJudgement): Finding {
  const { endpoint, expected, look, nowMs } = judgement;
  const about = `${endpoint.role} ${endpoint.name}`;
  if ('failure' in look) return judgeUnreached(judgement, look, about);
  const left = daysLeft(look, nowMs);
  if (left < 0) {
    return fail(
      `its TLS certificate expired ${-left} days ago`,
      `Let ${ownerOf(endpoint)} renew it: network/administration.md, "Certificates".`,
      about,
    );
  }
  if (!look.fits) {
    return fail(
      `its TLS certificate is for ${look.alternativeNames.join(', ') || 'no name'}, not for ${expected}`,
      'Give the node a certificate with this name, or its name in ledger.connectionProfile (grpcOptions, ssl-target-name-override).',
      about,
    );
  }
  if (look.distrust !== undefined) {
    return fail(
      `its TLS certificate (issuer ${look.issuer}) is not trusted: ${look.distrust}`,
      "Put the TLS certificate authority of the node's organisation in ledger.connectionProfile (tlsCACerts), not the one that issues identities.",
      about,
    );
  }
  if (left < SOON_DAYS) {
    return warn(
      `its TLS certificate expires in ${left} days`,
      `Let ${ownerOf(endpoint)} renew it: network/administration.md, "Certificates".`,
      about,
    );
  }
  return ok(`reached at ${endpoint.target}, ${left} days left`, about);
}

const ownerOf = ({ mspId }: NodeEndpoint): string => (mspId === '' ? 'its organisation' : mspId);

/** Names that lead nowhere: what the resolver says, and what it says when there is no network for it. */
const UNRESOLVED = new Set(['ENOTFOUND', 'EAI_AGAIN']);

function judgeUnreached(
  { endpoint, asLocalhost }: TlsJudgement,
  { failure, code }: { readonly failure: string; readonly code: string },
  about: string,
): Finding {
  const seen = `not reached at ${endpoint.target}: ${failure}`;
  // Others may be down without harm; without the own peer or an orderer nothing works.
  const isNeeded = endpoint.isOwnPeer || endpoint.role === 'orderer';
  const judge = isNeeded ? fail : warn;
  if (UNRESOLVED.has(code) && !asLocalhost && endpoint.source === 'discovery') {
    return judge(
      `${seen}; the network announces a name that leads nowhere from here`,
      "Let the name resolve here (DNS or /etc/hosts); only where every node runs on this machine, as in fabric-samples' test-network, set ledger.asLocalhost: true.",
      about,
    );
  }
  if (asLocalhost && endpoint.source === 'discovery') {
    return judge(
      `${seen}; ledger.asLocalhost is true, so that every node is looked for on this machine`,
      'Start the node, or set ledger.asLocalhost: false when it runs on another machine.',
      about,
    );
  }
  return judge(seen, `Start it, and check the way to it: nc -vz ${endpoint.target.replace(/:(\d+)$/, ' $1')}.`, about);
}
