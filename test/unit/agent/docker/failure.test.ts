import { engineFailure, inBandFailure } from '../../../../agent/adapters/docker/failure';
import { BlosmError } from '../../../../chaincode/src/model';

const httpFault = (statusCode: number, message: string): Error =>
  Object.assign(new Error(`(HTTP code ${statusCode}) server error - ${message} `), { statusCode, json: { message } });

describe('failures of the engine', () => {
  it.each([
    ['pull', 'write /var/lib/docker/tmp/GetImageBlob1: no space left on device', 'BLOSM_E_NO_SPACE'],
    [
      'pull',
      'failed to register layer: Error processing tar file(exit status 1): write /a: no space left on device',
      'BLOSM_E_NO_SPACE',
    ],
    ['commit', 'write /layer.tar: disk quota exceeded', 'BLOSM_E_NO_SPACE'],
    ['pull', 'filesystem layer verification failed for digest sha256:ab', 'BLOSM_E_IMAGE_MISMATCH'],
    ['pull', 'manifest verification failed for digest sha256:ab', 'BLOSM_E_IMAGE_MISMATCH'],
    ['pull', 'no matching manifest for linux/arm64/v8 in the manifest list entries', 'BLOSM_E_UNSUPPORTED'],
    ['start', 'exec /bin/a: exec format error', 'BLOSM_E_UNSUPPORTED'],
    ['push', 'received unexpected HTTP status: 500 Internal Server Error', 'BLOSM_E_REGISTRY'],
    ['push', 'unauthorized: authentication required', 'BLOSM_E_REGISTRY'],
    ['push', 'denied: requested access to the resource is denied', 'BLOSM_E_REGISTRY'],
    ['push', 'dial tcp 10.88.0.3:5000: connect: connection refused', 'BLOSM_E_REGISTRY'],
    ['pull', 'http: server gave HTTP response to HTTPS client', 'BLOSM_E_REGISTRY'],
    ['pull', 'unexpected EOF', 'BLOSM_E_REGISTRY'],
    ['pull', 'manifest for r:5000/a@sha256:0 not found: manifest unknown: manifest unknown', 'BLOSM_E_NOT_FOUND'],
    ['push', 'An image does not exist locally with the tag: r:5000/a', 'BLOSM_E_NOT_FOUND'],
    ['pull', 'failed to register layer: open /a: permission denied', 'BLOSM_E_ENGINE'],
    ['pull', 'failed to register layer: unknown whiteout', 'BLOSM_E_ENGINE'],
    ['commit', 'invalid tar header', 'BLOSM_E_ENGINE'],
  ])('in the answer of a %s: %s', (stage, said, code) => {
    const failure = inBandFailure(said, 'do it', stage);
    expect(failure).toMatchObject({ code, stage });
    expect(failure.message).toContain(said);
  });

  it.each([
    ['inspect', 404, 'No such container: a', 'BLOSM_E_NOT_FOUND'],
    ['create', 409, 'conflict', 'BLOSM_E_ENGINE'],
    ['start', 500, 'OCI runtime create failed', 'BLOSM_E_ENGINE'],
    ['create', 500, 'could not select device driver "nvidia" with capabilities: [[gpu]]', 'BLOSM_E_UNSUPPORTED'],
    ['pull', 404, 'manifest unknown', 'BLOSM_E_NOT_FOUND'],
    [
      'pull',
      404,
      "pull access denied for a, repository does not exist or may require 'docker login'",
      'BLOSM_E_REGISTRY',
    ],
    ['pull', 500, 'Get "http://r:5000/v2/": dial tcp: lookup r: no such host', 'BLOSM_E_REGISTRY'],
    ['pull', 400, 'invalid reference format', 'BLOSM_E_ENGINE'],
    ['commit', 500, 'no space left on device', 'BLOSM_E_NO_SPACE'],
  ])('as an answer to %s: %i %s', (stage, status, said, code) => {
    const failure = engineFailure(httpFault(status, said), 'do it', stage);
    expect(failure.code).toBe(code);
    expect(failure.message).toBe(`${code}: do it: ${said} (HTTP ${status})`);
  });

  it.each(['ECONNREFUSED', 'ENOENT', 'EACCES', 'ECONNRESET'])('without a connection: %s', (code) => {
    const failure = engineFailure(Object.assign(new Error(`connect ${code}`), { code }), 'do it', 'start');
    expect(failure.code).toBe('BLOSM_E_ENGINE_UNREACHABLE');
    expect(failure.retryable).toBe(true);
  });

  it('keeps what already has a code', () => {
    const known = new BlosmError('BLOSM_E_TIMEOUT', 'late');
    expect(engineFailure(known, 'do it', 'start')).toBe(known);
  });
});
