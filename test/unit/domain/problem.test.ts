import { problemOf, statusOfCode } from '../../../agent/domain/problem';
import { ERRORS } from '../../../chaincode/src/model';

describe('a problem document', () => {
  it('carries the code, its words and the hint of the catalogue', () => {
    expect(problemOf(503, 'BLOSM_E_NO_ROOM', 'all full')).toEqual({
      type: 'urn:blosm:error:BLOSM_E_NO_ROOM',
      title: 'No room',
      status: 503,
      code: 'BLOSM_E_NO_ROOM',
      detail: 'all full',
      hint: ERRORS.BLOSM_E_NO_ROOM.hint,
    });
  });

  it('has no hint for a code that this release does not know', () => {
    expect(problemOf(500, 'BLOSM_E_OF_A_NEWER_AGENT', '').hint).toBe('');
  });
});

describe('the status of a code', () => {
  it.each([
    ['named', 'BLOSM_E_NOT_FOUND', 404],
    ['passing', 'BLOSM_E_NO_ROOM', 503],
    ['refused', 'BLOSM_E_CONFLICT', 409],
  ] as const)('is its own when it is %s', (_kind, code, status) => {
    expect(statusOfCode(code)).toBe(status);
  });
});
