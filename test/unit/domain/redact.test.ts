import { REDACTED, redactText, redactValue } from '../../../agent/domain/redact';

describe('a text for other eyes', () => {
  it.each([
    ['password: hunter2', 'password: [redacted]'],
    ['registryPassword=hunter2, next', 'registryPassword=[redacted], next'],
    ['{"apiKey":"a b","port":80}', '{"apiKey":[redacted],"port":80}'],
    ["token: 'a b' # and more", 'token: [redacted] # and more'],
    ['passwordFile: /etc/blosm/password', 'passwordFile: /etc/blosm/password'],
    ['tokenSecretSha256: abc', 'tokenSecretSha256: abc'],
    ['Authorization: Bearer abcdefgh.ijk', 'Authorization: [redacted] [redacted]'],
    ['saw Basic dXNlcjpwYXNz there', 'saw Basic [redacted] there'],
    ['https://user:pass@registry/v2/', 'https://[redacted]@registry/v2/'],
    ['-----BEGIN EC PRIVATE KEY-----\nMII\n-----END EC PRIVATE KEY-----\nrest', '[redacted]\nrest'],
    ['-----BEGIN PRIVATE KEY-----\nMII', '[redacted]'],
    ['listen: 0.0.0.0:8080', 'listen: 0.0.0.0:8080'],
  ])('%j becomes %j', (text, expected) => expect(redactText(text)).toBe(expected));

  it('has none of the secrets that are known, unless they are too short to be told from words', () => {
    expect(redactText('started with s3same and on', ['s3same', 'on', ''])).toBe('started with [redacted] and on');
  });
});

describe('a value for other eyes', () => {
  it('keeps its shape', () => {
    const value = {
      spec: { env: [{ name: 'A', value: 'b', secret: true }, 'B=c'], port: 80, secret: true },
      other: { env: 'A=b' },
      deviceToken: { id: 'i', secret: 's' },
      list: ['plain', 'https://u:p@h/', null, 1],
      none: null,
    };
    expect(redactValue(value)).toEqual({
      spec: { env: [{ name: 'A', value: REDACTED }, REDACTED], port: 80, secret: true },
      other: { env: REDACTED },
      deviceToken: REDACTED,
      list: ['plain', `https://${REDACTED}@h/`, null, 1],
      none: null,
    });
    expect(redactValue({ detail: 'with s3same' }, ['s3same'])).toEqual({ detail: `with ${REDACTED}` });
  });
});
