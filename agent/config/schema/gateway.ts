import { z } from 'zod';
import { Id } from '../../../chaincode/src/model';
import { Listen, MebiBytes, Path, Seconds } from './primitives';

const Count = z.int().min(1).max(1_000_000);
const LongSeconds = z.number().min(0.1).max(86_400);

const Tls = z.strictObject({
  certificate: Path.describe('PEM file: the certificate that devices are shown, then those of its authorities.'),
  privateKey: Path.describe('PEM file of its key. Both are read again when they change.'),
});

const isLoopback = (url: string): boolean => ['localhost', '127.0.0.1', '[::1]'].includes(new URL(url).hostname);

const Auth = z
  .strictObject({
    jwksFile: Path.optional().describe("File of the issuer's public keys (JWKS); either this or jwksUrl."),
    jwksUrl: z
      .url({ protocol: /^https?$/ })
      .refine((url) => url.startsWith('https:') || isLoopback(url), 'https, but for this machine itself')
      .optional()
      .describe("Where the issuer's public keys are (JWKS), https."),
    issuer: z.string().min(1).max(512).describe('The claim iss that a token must have.'),
    audience: z.string().min(1).max(512).describe('The claim aud that a token must have or hold.'),
    required: z
      .boolean()
      .default(true)
      .describe('Refuse devices without a token; false: one that is shown must be valid.'),
    claim: z.string().min(1).max(64).default('sub').describe('The claim that names the device.'),
    header: z
      .string()
      .regex(/^[a-z0-9-]{1,64}$/, 'lower-case letters, digits and hyphens')
      .default('authorization')
      .describe('The header line with the token; another one where services need Authorization for themselves.'),
    clockToleranceSeconds: Seconds.max(600).default(30).describe("How far the issuer's clock may be off."),
  })
  .refine(({ jwksFile, jwksUrl }) => (jwksFile === undefined) !== (jwksUrl === undefined), {
    path: ['jwksFile'],
    message: 'either jwksFile or jwksUrl',
  });

const HeaderKiB = z.int().min(4).max(1024);

const Limits = z.strictObject({
  connections: Count.default(10_000).describe('Connections of all devices together; further ones are closed.'),
  connectionsPerAddress: Count.default(1000).describe('Connections from one address; further ones are closed.'),
  headerKiB: HeaderKiB.default(32).describe('All header lines of a request; beyond it 431.'),
  bodyMiB: MebiBytes.default(0).describe('The body of a request; beyond it 413. 0: none, bodies are streamed.'),
  heldRequests: Count.default(1000).describe('Requests that wait for their instance at once; beyond it 503.'),
  holdSeconds: LongSeconds.default(60).describe(
    'How long a request waits for its instance; then 503. Less than idleSeconds, here and at all clusters.',
  ),
  headersSeconds: LongSeconds.default(10).describe('Until the last header line has come; then 408.'),
  keepAliveSeconds: LongSeconds.default(65).describe('How long a connection is kept between requests.'),
  idleSeconds: LongSeconds.default(120).describe('No byte in either direction for so long ends a request.'),
  replayKiB: z
    .int()
    .min(0)
    .max(1_048_576)
    .default(1024)
    .describe('So much of a body is kept to send it again, if the request may be repeated.'),
  replayTotalMiB: MebiBytes.default(32).describe('The same for all requests together.'),
});

/** What stands beside {@link Limits} with the same name means the same there, for one service. */
const ServiceLimits = z
  .strictObject({
    headerKiB: HeaderKiB.optional().describe(
      'All header lines of a request; beyond it 431. At most gateway.limits.headerKiB, which counts without it.',
    ),
    bodyMiB: MebiBytes.optional().describe(
      'The body of a request; beyond it 413. 0: none. Without it gateway.limits.bodyMiB counts.',
    ),
    requests: Count.optional().describe(
      'Requests under way at once, those that wait and WebSockets included; beyond it 503. Without it any number.',
    ),
    heldRequests: Count.optional().describe(
      'Requests that wait for their instance at once, of those of gateway.limits.heldRequests; beyond it 503.',
    ),
    holdSeconds: LongSeconds.optional().describe(
      'How long a request waits for its instance; then 503. Without it gateway.limits.holdSeconds counts.',
    ),
    idleSeconds: LongSeconds.optional().describe(
      'No byte in either direction for so long ends a request. Without it gateway.limits.idleSeconds counts.',
    ),
    durationSeconds: LongSeconds.optional().describe(
      'From the last header line to the end of the answer, which is broken off or, before it has begun, is 504 (408 when ' +
        'the device still owes part of the body); WebSockets are not counted. Without it as long as bytes come.',
    ),
  })
  .describe('What devices may take of one service.');

/** What a service may not be granted: the gateway as a whole does not have it. */
const BOUNDED_BY_ALL = ['headerKiB', 'heldRequests'] as const;

/** Else a request that another cluster merely holds looks as if that cluster had gone silent with it. */
const HELD_TOO_LONG = 'less than idleSeconds';

/** True when it is the service's own limits that make it so. */
function isHeldTooLong(limits: z.infer<typeof Limits>, own: z.infer<typeof ServiceLimits>): boolean {
  if (own.holdSeconds === undefined && own.idleSeconds === undefined) return false;
  return (own.holdSeconds ?? limits.holdSeconds) >= (own.idleSeconds ?? limits.idleSeconds);
}

const GatewayKeys = z.strictObject({
  listen: Listen.describe('host:port where devices connect.'),
  advertiseUrl: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe('Where devices reach it; by default http:// (with tls https://) and the listen address.'),
  tls: Tls.optional().describe('TLS for devices (1.2 and later); without it they connect in the clear.'),
  auth: Auth.optional().describe('Devices prove who they are by a bearer token (JWT); without it nobody is asked.'),
  limits: Limits.prefault({}).describe('What devices may take.'),
  services: z
    .record(Id, ServiceLimits)
    .default({})
    .describe('What devices may take of one service, by its id, where that is not what gateway.limits says.'),
});

export const Gateway = GatewayKeys.superRefine(({ limits, services }, context) => {
  if (limits.holdSeconds >= limits.idleSeconds) {
    context.addIssue({ code: 'custom', path: ['limits', 'holdSeconds'], message: HELD_TOO_LONG });
  }
  for (const [serviceId, own] of Object.entries(services)) {
    for (const key of BOUNDED_BY_ALL) {
      if ((own[key] ?? 0) <= limits[key]) continue;
      const message = `at most gateway.limits.${key}, which is ${limits[key]}`;
      context.addIssue({ code: 'custom', path: ['services', serviceId, key], message });
    }
    if (isHeldTooLong(limits, own)) {
      context.addIssue({ code: 'custom', path: ['services', serviceId, 'holdSeconds'], message: HELD_TOO_LONG });
    }
  }
});
export type GatewayConfig = z.infer<typeof Gateway>;
