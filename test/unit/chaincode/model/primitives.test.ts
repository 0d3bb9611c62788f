import { Count, Id, Line, NodeId, Position, Sha256, pageOf } from '../../../../chaincode/src/model';

const accepts = (schema: { safeParse: (value: unknown) => { success: boolean } }, value: unknown): boolean =>
  schema.safeParse(value).success;

describe('primitives', () => {
  it.each(['a', 'i-1', '0', 'a'.repeat(63)])('accepts the id %s', (id) => {
    expect(accepts(Id, id)).toBe(true);
  });

  it.each(['', '-a', 'A', 'a b', 'a_b', 'a'.repeat(64), 'a\n', 'é', 7, null])('refuses the id %j', (id) => {
    expect(accepts(Id, id)).toBe(false);
  });

  it.each([
    ['Edge1MSP', true],
    ['org.example-1', true],
    ['', false],
    ['.x', false],
    ['a_b', false],
    ['a\u0000b', false],
  ])('reads the node id %j: %s', (nodeId, accepted) => {
    expect(accepts(NodeId, nodeId)).toBe(accepted);
  });

  it.each([
    [`sha256:${'0'.repeat(64)}`, true],
    [`sha256:${'A'.repeat(64)}`, false],
    [`sha256:${'0'.repeat(63)}`, false],
    ['0'.repeat(64), false],
  ])('reads the digest %s: %s', (value, accepted) => {
    expect(accepts(Sha256, value)).toBe(accepted);
  });

  it.each([0, 1, Number.MAX_SAFE_INTEGER])('accepts the count %d', (count) => {
    expect(accepts(Count, count)).toBe(true);
  });

  it.each([-1, 1.5, 2 ** 53, NaN, Infinity, '1', null])('refuses the count %j', (count) => {
    expect(accepts(Count, count)).toBe(false);
  });

  it.each(['', 'words, and é 漢字 😀', 'x'.repeat(10)])('accepts the line %j', (line) => {
    expect(accepts(Line(30), line)).toBe(true);
  });

  it.each([
    ['a newline', 'a\nb'],
    ['a zero byte', '\u0000'],
    ['an escape sequence', '\u001b[31m'],
    ['a C1 control', '\u0085'],
    ['a line separator', '\u2028'],
    ['a half surrogate', '\ud800'],
    ['an override of the direction', 'abc\u202etxt'],
    ['an isolate of the direction', '\u2066x'],
    ['one unit too many', 'x'.repeat(31)],
  ])('refuses a line with %s', (_, line) => {
    expect(accepts(Line(30), line)).toBe(false);
  });

  it('keeps positions on the globe', () => {
    expect(accepts(Position, { latE6: 90_000_000, lonE6: -180_000_000 })).toBe(true);
    expect(accepts(Position, { latE6: 90_000_001, lonE6: 0 })).toBe(false);
    expect(accepts(Position, { latE6: 0, lonE6: 0, altitude: 3 })).toBe(false);
  });

  it('lists in pages', () => {
    expect(accepts(pageOf(Count), { items: [1, 2], bookmark: '' })).toBe(true);
    expect(accepts(pageOf(Count), { items: ['1'], bookmark: '' })).toBe(false);
  });
});
