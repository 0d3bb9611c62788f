import { JSON_TOKEN, MAX_ARGUMENT_BYTES, parseArguments } from '../../../../chaincode/src/ledger';
import { canonicalJson } from '../../../../chaincode/src/model';
import { containerFacts } from '../../../support/ledger-samples';

const share = (container: object = containerFacts()): string =>
  canonicalJson({ metadataId: 'm-1', instanceId: null, container });

describe('arguments', () => {
  it('are read by their schemas', () => {
    expect(parseArguments('MetadataContract:Get', ['m-1'])).toEqual(['m-1']);
    expect(parseArguments('MetadataContract:Share', [share()])).toEqual([
      { metadataId: 'm-1', instanceId: null, container: containerFacts() },
    ]);
    expect(parseArguments('NodeContract:List', [])).toEqual([]);
  });

  it('may have spaces and strings with brackets', () => {
    const text = ` { "metadataIds" : [ "a" , "b" ] } `;
    expect(parseArguments('ConfirmationContract:Confirm', [text])).toEqual([{ metadataIds: ['a', 'b'] }]);
    const order = { migrationId: 'm-1', stage: 'push', reason: `${'['.repeat(40)} \\" ${'{'.repeat(40)}` };
    expect(parseArguments('MigrationContract:Abort', [canonicalJson(order)])).toEqual([order]);
  });

  it.each<[string, string[], RegExp]>([
    ['none', [], /takes 1 argument\(s\), not 0/],
    ['two', [share(), share()], /takes 1 argument\(s\), not 2/],
    ['an empty string', [''], /argument 1 is not JSON/],
    ['half an object', ['{"metadataId":'], /argument 1 is not JSON/],
    ['a list', ['[]'], /argument 1: .*expected object/i],
    ['null', ['null'], /argument 1: /],
    ['a text', ['"m-1"'], /argument 1: /],
    ['an unknown key', [share().replace('{', '{"more":1,')], /argument 1: .*more/],
    ['an inherited key', [share().replace('{', '{"__proto__":{},')], /argument 1: .*__proto__/],
    ['a key twice', [share().replace('{', '{"metadataId":"m-2",')], /argument 1 has the same key twice/],
    ['a key twice, written differently', [share().replace('{', '{"metadata\\u0049d":"m-2",')], /same key twice/],
    ['a key twice further in', [share().replace('"os"', '"os":"plan9","os"')], /same key twice/],
    ['bytes that are not UTF-8', ['{"metadataIds":["\ufffd"]}'], /argument 1 is not UTF-8/],
    ['a missing key', ['{"metadataId":"m-1","instanceId":null}'], /container: /],
    [
      'a control character in a field',
      [share(containerFacts({ applicationType: 'a\u0007' }))],
      /applicationType: .*control/,
    ],
    ['a number beyond 2^53', [share().replace('264000000', '9007199254740993')], /container\.totalSizeBytes: /],
    ['a number as text', [share().replace('264000000', '"264000000"')], /container\.totalSizeBytes: /],
    ['a negative number', [share(containerFacts({ cpuMillis: -1 }))], /container\.cpuMillis: /],
    ['a fraction', [share(containerFacts({ cpuMillis: 0.5 }))], /container\.cpuMillis: /],
    ['an infinite number', [share().replace('264000000', '1e999')], /container\.totalSizeBytes: /],
    ['deep arrays', ['['.repeat(100_000)], /nests deeper than 16 levels/],
    ['deep objects', ['{"a":'.repeat(17)], /nests deeper than 16 levels/],
    ['more than 100 kB', [`"${'x'.repeat(MAX_ARGUMENT_BYTES)}"`], /has 100002 bytes; at most 100000/],
    ['more than 100 kB of two-byte characters', ['é'.repeat(50_001)], /has 100002 bytes/],
  ])('are refused early: %s', (_, args, message) => {
    const parse = (): unknown => parseArguments('MetadataContract:Share', args);
    expect(parse).toThrow(expect.objectContaining({ code: 'BLOSM_E_INVALID_ARGUMENT' }) as Error);
    expect(parse).toThrow(message);
  });

  it.each([
    ['nothing but escaped quotes', `"${'\\"'.repeat(49_999)}`],
    ['half an escape at its end', `"${'\\"'.repeat(49_998)}\\`],
    ['brackets and braces', `"${'[{'.repeat(49_999)}`],
  ])('with a string that never ends, of %s, are read once and not once for each quote', (_, text) => {
    expect([...text.matchAll(JSON_TOKEN)].map(([token]) => token.length)).toEqual([text.length]);
    expect(() => parseArguments('MetadataContract:Share', [text])).toThrow(/argument 1 is not JSON/);
  });

  it('may be exactly as deep and as long as allowed', () => {
    const deep = `${'['.repeat(16)}${']'.repeat(16)}`;
    expect(() => parseArguments('MetadataContract:Share', [deep])).toThrow(/argument 1: /);
    expect(() => parseArguments('MetadataContract:Get', ['x'.repeat(MAX_ARGUMENT_BYTES)])).toThrow(/argument 1: lower/);
  });

  it('come back in the message as one short line', () => {
    const key = `${'\n\u001b'.repeat(5)}${'k'.repeat(1000)}`;
    const text = JSON.stringify({ metadataId: 'm-1', instanceId: null, container: containerFacts(), [key]: 1 });
    const error = (() => {
      try {
        return parseArguments('MetadataContract:Share', [text]);
      } catch (caught) {
        return caught as Error;
      }
    })() as Error;
    expect(error.message).toMatch(/^[^\u0000-\u001f]{50,330}$/);
  });
});
