import { canonicalJson } from '../../../../chaincode/src/model';

describe('canonical JSON', () => {
  it.each([
    [null, 'null'],
    [true, 'true'],
    ['a"b', '"a\\"b"'],
    [0, '0'],
    [-0, '0'],
    [1.5, '1.5'],
    [Number.MAX_SAFE_INTEGER, '9007199254740991'],
    [[], '[]'],
    [[1, [2]], '[1,[2]]'],
    [{}, '{}'],
    [{ b: 1, a: { d: 2, c: 3 } }, '{"a":{"c":3,"d":2},"b":1}'],
    [{ a: undefined, b: null }, '{"b":null}'],
    [{ é: 1, z: 2, Z: 3, '10': 4, '9': 5 }, '{"10":4,"9":5,"Z":3,"z":2,"é":1}'],
  ])('writes %j as %s', (value, text) => {
    expect(canonicalJson(value)).toBe(text);
  });

  it.each([
    ['NaN', NaN],
    ['an infinite number', Infinity],
    ['an integer beyond 2^53', 2 ** 53],
    ['undefined', undefined],
    ['a function', () => 1],
    ['a bigint', 1n],
    ['a symbol in an array', [Symbol('x')]],
  ])('refuses %s', (_, value) => {
    expect(() => canonicalJson(value)).toThrow(TypeError);
  });
});
