import { daysLeft, SOON_DAYS } from '../identity';
import { fail, findingsOr, ok, warn, type Finding } from './finding';

/** A certificate as it stands in a file. */
export interface CertificateFacts {
  readonly subject: string;
  readonly issuer: string;
  /** E.g. `DNS:localhost`. */
  readonly alternativeNames: readonly string[];
  readonly isAuthority: boolean;
  readonly isSelfIssued: boolean;
  readonly validFromMs: number;
  readonly validToMs: number;
}

/** A file with one certificate or several; `code` is the system's, e.g. `ENOENT`. */
export type CertificatesLook =
  | { readonly kind: 'unreadable'; readonly file: string; readonly code: string }
  | { readonly kind: 'no-pem'; readonly file: string }
  | {
      readonly kind: 'read';
      readonly file: string;
      /** As they stand there, at least one. */
      readonly certificates: readonly [CertificateFacts, ...CertificateFacts[]];
    };

export type PrivateKeyLook =
  | { readonly kind: 'unreadable'; readonly file: string; readonly code: string }
  | { readonly kind: 'no-pem' | 'encrypted'; readonly file: string }
  /** `belongsTo`: which of the certificates, from 0; -1: none of them. */
  | { readonly kind: 'read'; readonly file: string; readonly belongsTo: number };

/** What a server is to show, with the key that proves it. */
export interface TlsPairLook {
  readonly certificate: CertificatesLook;
  readonly privateKey: PrivateKeyLook;
  /** The first certificate is for the host under which the server is reached. */
  readonly isForHost: boolean;
}

/** What a pair of files is used for. */
export interface TlsPairUse {
  /** The section of the configuration that names them, e.g. `gateway.tls`. */
  readonly section: string;
  /** The host under which clients reach the server; null: the configuration does not tell. */
  readonly host: string | null;
  /** The key that says so. */
  readonly hostKey: string;
  /** Without it clients take no other name for it; with it they may be given the certificate itself to compare. */
  readonly isPinnable: boolean;
  /** The agent takes a renewed pair up while it runs. */
  readonly isWatched: boolean;
}

/** What makes a pair unusable: no server can be started with it. Also what decides whether the agent may start. */
export function judgePairFiles({ section }: TlsPairUse, { certificate, privateKey }: TlsPairLook): readonly Finding[] {
  const broken = [
    ...judgeCertificateFile(`${section}.certificate`, certificate),
    ...judgeKeyFile(`${section}.privateKey`, privateKey),
  ];
  if (certificate.kind !== 'read' || privateKey.kind !== 'read' || privateKey.belongsTo === 0) return broken;
  const other = certificate.certificates[privateKey.belongsTo];
  if (other === undefined) {
    return [
      fail(
        `${privateKey.file} does not belong to ${certificate.file}`,
        `Give ${section} the certificate and the key that were made together; both of these print the same if they were: openssl x509 -noout -pubkey -in ${certificate.file}, openssl pkey -pubout -in ${privateKey.file}.`,
        `${section}.privateKey`,
      ),
    ];
  }
  return [
    fail(
      `${certificate.file} begins with ${certificate.certificates[0].subject}, but ${privateKey.file} belongs to ${other.subject} further down`,
      "Put the server's own certificate first, then those of its authorities.",
      `${section}.certificate`,
    ),
  ];
}

/** The whole of it: whether the pair can be used, for how long, and for the host under which the server is reached. */
export function judgeTlsPair(use: TlsPairUse, look: TlsPairLook, nowMs: number): readonly Finding[] {
  const broken = judgePairFiles(use, look);
  const { certificate } = look;
  if (broken.length > 0 || certificate.kind !== 'read') return broken;
  const { file, certificates } = certificate;
  const about = `${use.section}.certificate`;
  const renew = use.isWatched
    ? 'Put a renewed certificate and its key in place: the agent takes them up while it runs.'
    : 'Put a renewed certificate and its key in place and restart the agent: systemctl restart blosm-agent.';
  const [own] = certificates;
  return findingsOr(
    [...certificates.flatMap((each) => judgeTime(each, { file, about, renew, nowMs })), ...judgeHost(use, look, own)],
    ok(`${own.subject}, ${daysLeft(own, nowMs)} days left`, about),
  );
}

/** Whether the certificate is for the host, where that is known. */
export function judgeHost(
  { section, host, hostKey, isPinnable }: TlsPairUse,
  { isForHost }: Pick<TlsPairLook, 'isForHost'>,
  { alternativeNames }: Pick<CertificateFacts, 'alternativeNames'>,
): readonly Finding[] {
  if (host === null || isForHost) return [];
  const about = `${section}.certificate`;
  const seen = `it is for ${alternativeNames.join(', ') || 'no name'}, not for ${host} (${hostKey})`;
  if (!isPinnable) {
    return [fail(seen, `Have it issued with this name, or set ${hostKey} to a name that it carries.`, about)];
  }
  return [
    warn(
      seen,
      'Have one issued with this name for control.certificate, or let operators name this certificate itself with --agent-ca.',
      about,
    ),
  ];
}

const CA_KEY = 'control.clientCa';
const CA_MEND = `Give ${CA_KEY} the certificate of the authority that issues the operators' certificates: cacerts of the organisation's msp folder.`;

/** Why nobody could be let in by these authorities; also what decides whether the agent may start. */
export function judgeAuthorityFile(look: CertificatesLook): readonly Finding[] {
  const broken = judgeCertificateFile(CA_KEY, look);
  if (look.kind !== 'read' || look.certificates.some(letsIn)) return broken;
  const { subject, issuer } = look.certificates[0];
  return [fail(`${look.file} holds no certificate authority: ${subject} was issued by ${issuer}`, CA_MEND, CA_KEY)];
}

/** The authorities of the operators' certificates. */
export function judgeAuthorities(look: CertificatesLook, nowMs: number): readonly Finding[] {
  const broken = judgeAuthorityFile(look);
  if (broken.length > 0 || look.kind !== 'read') return broken;
  const { file } = look;
  const renew = `Put the authority's renewed certificate in ${file} and restart the agent: systemctl restart blosm-agent.`;
  const findings = look.certificates.flatMap((each) => [
    ...(each.isAuthority ? [] : [warn(describeLeaf(each, file), CA_MEND, CA_KEY)]),
    ...judgeTime(each, { file, about: CA_KEY, renew, nowMs }),
  ]);
  return findingsOr(findings, ok(look.certificates.map(({ subject }) => subject).join('; '), CA_KEY));
}

/** One that has issued itself lets in whoever holds its key, authority or not. */
const letsIn = ({ isAuthority, isSelfIssued }: CertificateFacts): boolean => isAuthority || isSelfIssued;

const describeLeaf = ({ subject, isSelfIssued }: CertificateFacts, file: string): string =>
  `${subject} in ${file} is no certificate authority: it lets in ${isSelfIssued ? 'itself alone' : 'nobody'}`;

function judgeCertificateFile(key: string, look: CertificatesLook): readonly Finding[] {
  if (look.kind === 'unreadable') return [unreadable(key, look)];
  if (look.kind === 'read') return [];
  const { file } = look;
  return [
    fail(`${file} holds no certificate in PEM`, `Give it as PEM: openssl x509 -inform der -in ${file} -out FILE.`, key),
  ];
}

function judgeKeyFile(key: string, look: PrivateKeyLook): readonly Finding[] {
  const { file } = look;
  switch (look.kind) {
    case 'read':
      return [];
    case 'unreadable':
      return [unreadable(key, look)];
    case 'encrypted':
      return [
        fail(
          `the key ${file} is encrypted, and nobody is there to type the password when the agent starts`,
          `Decrypt it: openssl pkey -in ${file} -out FILE.`,
          key,
        ),
      ];
    case 'no-pem':
      return [
        fail(
          `${file} holds no private key in PEM`,
          `Give it as PEM: openssl pkey -inform der -in ${file} -out FILE.`,
          key,
        ),
      ];
  }
}

const unreadable = (key: string, { file, code }: { readonly file: string; readonly code: string }): Finding =>
  fail(`cannot read ${file} (${code})`, `Check ${key}, and that the agent's user may read it: ls -l ${file}.`, key);

interface TimeContext {
  readonly file: string;
  readonly about: string;
  readonly renew: string;
  readonly nowMs: number;
}

function judgeTime({ subject, validFromMs, validToMs }: CertificateFacts, context: TimeContext): readonly Finding[] {
  const { file, about, renew, nowMs } = context;
  const left = daysLeft({ validToMs }, nowMs);
  const which = `${subject} in ${file}`;
  if (left < 0) return [fail(`${which} expired ${-left} days ago`, renew, about)];
  if (nowMs < validFromMs) {
    const mend = 'Is the clock of this machine right? Compare it with: timedatectl.';
    return [fail(`${which} is not valid yet`, mend, about)];
  }
  return left < SOON_DAYS ? [warn(`${which} expires in ${left} days`, renew, about)] : [];
}
