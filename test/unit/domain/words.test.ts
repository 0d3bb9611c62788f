import { oneLine } from '../../../agent/domain/one-line';
import { formatToken, parseToken } from '../../../agent/domain/token';
import { Line } from '../../../chaincode/src/model';

describe('a token', () => {
  const secret = 'x'.repeat(43);

  it('is read as it was written', () => {
    const token = { instanceId: 'inst-01', secret };
    expect(parseToken(formatToken(token))).toEqual(token);
  });

  it.each([
    ['empty', ''],
    ['without a secret', 'inst-01'],
    ['with a short secret', `inst-01.${'x'.repeat(15)}`],
    ['with a long secret', `inst-01.${'x'.repeat(129)}`],
    ['with an id that is none', `Inst_01.${secret}`],
    ['with an id that begins with a hyphen', `-inst.${secret}`],
    ['with more behind', `inst-01.${secret}.more`],
    ['with a line break', `inst-01.${secret}\n`],
    ['with spaces', ` inst-01.${secret}`],
  ])('%s is none', (_what, text) => {
    expect(parseToken(text)).toBeUndefined();
  });
});

describe('one line', () => {
  it.each([
    ['keeps plain text', 'it failed', 'it failed'],
    ['takes line breaks and control characters out', 'a\nb\u0007c\u2028d', 'a b c d'],
    ['takes turns of direction out', 'a\u202eb', 'a b'],
    ['takes half surrogates out', 'a\ud800b', 'a b'],
    ['takes out what stands for bytes that were no text', 'a\ufffdb', 'a b'],
    ['says something when there is nothing', ' \n ', 'no reason given'],
  ])('%s', (_what, text, line) => {
    expect(oneLine(text, 100)).toBe(line);
  });

  it('cuts what is too long, and no character in two', () => {
    expect(oneLine('abcdefgh', 6)).toBe('abc...');
    expect(oneLine('ab😀cdef', 6)).toBe('ab...');
    expect(oneLine('abcdef', 6)).toBe('abcdef');
  });

  it('is what the ledger takes', () => {
    for (let code = 0; code < 0x3000; code += 1) {
      expect(
        Line(10)
          .min(1)
          .safeParse(oneLine(`a${String.fromCharCode(code)}`, 10)).success,
      ).toBe(true);
    }
  });
});
