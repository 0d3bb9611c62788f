import { BlosmError, ERRORS, findErrorInText, hasCode, isErrorCode } from '../../../../chaincode/src/model';

describe('BlosmError', () => {
  it('carries the catalogue of its code', () => {
    const error = new BlosmError('BLOSM_E_CLOCK_SKEW', 'off by a minute');
    expect(error).toMatchObject({
      message: 'BLOSM_E_CLOCK_SKEW: off by a minute',
      code: 'BLOSM_E_CLOCK_SKEW',
      stage: 'general',
      retryable: true,
      hint: ERRORS.BLOSM_E_CLOCK_SKEW.hint,
    });
    expect(error.cause).toBeUndefined();
  });

  it('prefers what its maker knows', () => {
    const cause = new Error('inner');
    const error = new BlosmError('BLOSM_E_ENGINE', 'no', { stage: 'push', hint: 'Log in.', cause });
    expect(error).toMatchObject({ stage: 'push', hint: 'Log in.', cause, retryable: false });
  });

  it('is told by its code, whichever class it has', () => {
    const foreign = Object.assign(new Error('x'), { code: 'BLOSM_E_ENGINE' });
    expect(hasCode(foreign, 'BLOSM_E_INTERNAL', 'BLOSM_E_ENGINE')).toBe(true);
    expect(hasCode(foreign, 'BLOSM_E_INTERNAL')).toBe(false);
    expect(hasCode(new Error('x'), 'BLOSM_E_ENGINE')).toBe(false);
    expect(hasCode({ code: 'BLOSM_E_ENGINE' }, 'BLOSM_E_ENGINE')).toBe(false);
  });

  it('is found again in what a peer wrapped around it', () => {
    const text = 'error in simulation: chaincode response 500, BLOSM_E_NOT_OWNER: instance i-1 belongs to B\n at x';
    expect(findErrorInText(text)).toEqual({ code: 'BLOSM_E_NOT_OWNER', message: 'instance i-1 belongs to B' });
  });

  it.each(['nothing here', 'BLOSM_E_NO_SUCH_CODE: text', 'BLOSM_E_INTERNAL without a colon'])(
    'finds nothing in: %s',
    (text) => {
      expect(findErrorInText(text)).toBeUndefined();
    },
  );

  it('knows its codes, and no inherited names', () => {
    expect(isErrorCode('BLOSM_E_INTERNAL')).toBe(true);
    expect(isErrorCode('toString')).toBe(false);
  });

  it.each(Object.entries(ERRORS))('says what to do next for %s', (code, { hint }) => {
    expect(code).toMatch(/^BLOSM_E_[A-Z_]+$/);
    expect(hint).toMatch(/[.)]$|blosm /);
  });
});
