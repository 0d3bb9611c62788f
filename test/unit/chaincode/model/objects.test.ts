import {
  EvaluationSubmission,
  NodeRegistration,
  RunSpec,
  ServiceRegistration,
  TRANSACTIONS,
  checksPermit,
  encodeArgs,
  type Policy,
} from '../../../../chaincode/src/model';
import {
  falseEvaluation,
  nodeRegistration,
  serviceRegistration,
  trueEvaluation,
} from '../../../support/ledger-samples';

interface Issue {
  readonly path: PropertyKey[];
}

const fieldsRefused = (schema: { safeParse: (v: unknown) => { error?: { issues: Issue[] } } }, value: unknown) =>
  schema.safeParse(value).error?.issues.map(({ path }) => path.join('.')) ?? [];

const booleans = [true, false];
const allChecks = booleans.flatMap((size) =>
  booleans.flatMap((cpu) =>
    booleans.flatMap((gpu) => booleans.map((applicationType) => ({ size, cpu, gpu, applicationType }))),
  ),
);

describe('evaluations', () => {
  it.each(allChecks)('leave room for a true verdict as Algorithm 2 says: %j', (checks) => {
    const failed = [checks.size, checks.cpu, checks.gpu, checks.applicationType].filter((passed) => !passed).length;
    expect(checksPermit('strict', checks)).toBe(failed === 0);
    expect(checksPermit('paper', checks)).toBe(checks.applicationType && failed < 2);
  });

  it('carry an offer exactly when they are true', () => {
    expect(fieldsRefused(EvaluationSubmission, trueEvaluation(0))).toEqual([]);
    expect(fieldsRefused(EvaluationSubmission, falseEvaluation())).toEqual([]);
    expect(fieldsRefused(EvaluationSubmission, trueEvaluation(0, { offerExpiresAtMs: null }))).toEqual([
      'offerExpiresAtMs',
    ]);
    expect(fieldsRefused(EvaluationSubmission, falseEvaluation({ offerExpiresAtMs: 1 }))).toEqual(['offerExpiresAtMs']);
  });

  it('say why when they are false', () => {
    expect(fieldsRefused(EvaluationSubmission, falseEvaluation({ reasons: [] }))).toEqual(['reasons']);
  });

  it.each<[Policy, string[]]>([
    ['paper', []],
    ['strict', ['verdict']],
  ])('by policy %s with one failed check: %j refused', (policy, refused) => {
    const checks = { size: false, cpu: true, gpu: true, applicationType: true };
    expect(fieldsRefused(EvaluationSubmission, trueEvaluation(0, { policy, checks }))).toEqual(refused);
  });
});

describe('services', () => {
  it('keep no state when they are shared', () => {
    expect(fieldsRefused(ServiceRegistration, serviceRegistration({ state: 'none', tenancy: 'shared' }))).toEqual([]);
    expect(fieldsRefused(ServiceRegistration, serviceRegistration({ state: 'files', tenancy: 'shared' }))).toEqual([
      'tenancy',
    ]);
  });

  it.each(['UPPER', 'a//b', '/a', 'a b', ''])('refuse the repository %j', (repository) => {
    const image = { ...serviceRegistration().image, repository };
    expect(fieldsRefused(ServiceRegistration, serviceRegistration({ image }))).toEqual(['image.repository']);
  });
});

describe('nodes', () => {
  it.each([
    ['name', 'Edge 1'],
    ['sourceIp', 'not an address!'],
    ['agentUrl', 'http://10.0.0.1'],
    ['gatewayUrl', 'ftp://10.0.0.1'],
    ['coverageRadiusMeters', 0],
    ['agentCertificatePem', 'no certificate'],
    ['agentCertificatePem', '-----BEGIN PRIVATE KEY-----\nAA==\n-----END PRIVATE KEY-----\n'],
  ])('refuse %s %j', async (field, value) => {
    const registration = await nodeRegistration('Edge1MSP');
    expect(fieldsRefused(NodeRegistration, { ...registration, [field]: value })).toEqual([field]);
  });
});

describe('run specs', () => {
  const spec: RunSpec = {
    v: 1,
    port: 8080,
    healthPath: '/health',
    command: [],
    env: [{ name: 'MODE', value: 'line one\nline two', secret: false }],
    user: '',
    volumes: ['/data'],
    privileged: false,
    hostNamespaces: [],
    binds: [],
    capabilities: [],
    devices: [],
    gpu: false,
    stopGraceSeconds: 10,
  };

  it('accept variables of several lines, and refuse names that no shell knows', () => {
    expect(fieldsRefused(RunSpec, spec)).toEqual([]);
    const env = [{ name: '1X', value: '', secret: false }];
    expect(fieldsRefused(RunSpec, { ...spec, env })).toEqual(['env.0.name']);
    expect(fieldsRefused(RunSpec, { ...spec, healthPath: 'health' })).toEqual(['healthPath']);
  });
});

describe('transactions', () => {
  it('go over the wire as strings: ids as they are, objects as canonical JSON', () => {
    expect(encodeArgs(['i-1', { b: 1, a: 2 }, 3])).toEqual(['i-1', '{"a":2,"b":1}', '3']);
    expect(encodeArgs([])).toEqual([]);
  });

  it.each(Object.entries(TRANSACTIONS))('%s has a kind, arguments and a result', (name, shape) => {
    expect(name).toMatch(/^[A-Z][A-Za-z]+Contract:[A-Z][A-Za-z]+$/);
    expect(['submit', 'query']).toContain(shape.kind);
    expect(shape.args.length).toBeLessThanOrEqual(1);
  });
});
