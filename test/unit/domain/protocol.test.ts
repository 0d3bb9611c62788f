import fc from 'fast-check';
import {
  agree,
  compareSpeakers,
  formatRange,
  parseRange,
  PROTOCOL,
  speaks,
  type ProtocolRange,
} from '../../../agent/domain/protocol';

const range = fc
  .tuple(fc.integer({ min: 1, max: 50 }), fc.integer({ min: 0, max: 5 }))
  .map(([oldest, more]): ProtocolRange => ({ oldest, newest: oldest + more }));

test('what is written is read again', () => {
  fc.assert(fc.property(range, (one) => expect(parseRange(formatRange(one))).toEqual(one)));
});

test.each([undefined, '', '1', '2-1', '-1-2', '1-2-3', 'a-b', '1-9999999', '1.5-2'])(
  '%j counts as version 1',
  (text) => {
    expect(parseRange(text)).toEqual({ oldest: 1, newest: 1 });
  },
);

test('both sides come to the same version, which both speak and which is the newest one', () => {
  fc.assert(
    fc.property(range, range, (one, other) => {
      const version = agree(one, other);
      expect(agree(other, one)).toBe(version);
      const both = Array.from({ length: 60 }, (_, index) => index).filter((v) => speaks(one, v) && speaks(other, v));
      expect(version).toBe(both.at(-1));
    }),
  );
});

test.each([
  [{ oldest: 1, newest: 2 }, { oldest: 3, newest: 4 }, 'edge1'],
  [{ oldest: 5, newest: 5 }, { oldest: 3, newest: 4 }, 'edge2'],
])('of %j and %j the older one is to be upgraded', (own, other, older) => {
  const said = compareSpeakers({ ...own, nodeId: 'edge1' }, { ...other, nodeId: 'edge2' });
  expect(said).toMatch(/^edge1 speaks .* of the agent-to-agent protocol, edge2 speaks .*: upgrade the agent of /);
  expect(said.endsWith(`the agent of ${older}`)).toBe(true);
});

test('where both speak one version nobody has to be upgraded', () => {
  const said = compareSpeakers({ oldest: 1, newest: 1, nodeId: 'edge1' }, { oldest: 1, newest: 2, nodeId: 'edge2' });
  expect(said).toBe(
    'edge1 speaks version 1 of the agent-to-agent protocol, edge2 speaks versions 1 to 2: both speak version 1',
  );
});

test('this release speaks with itself', () => {
  expect(agree(PROTOCOL, PROTOCOL)).toBe(PROTOCOL.newest);
});
