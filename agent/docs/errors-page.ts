import { ERRORS, type ErrorCode } from '../../chaincode/src/model';
import { HTTP_STATUS } from '../adapters/control';
import { EXIT_CODE_OF } from '../cli/exit-codes';
import { code, generatedFrom, markdownTable } from './markdown';

/** Every error code with what it leads to. */
export function errorsPage(): string {
  const codes = Object.keys(ERRORS) as ErrorCode[];
  return [
    generatedFrom('chaincode/src/model/errors.ts, agent/cli/exit-codes.ts and agent/adapters/control/problem.ts'),
    '# Errors\n',
    'A code is never renamed or reused. An error also tells the stage at which it arose. The control API answers with a',
    'problem document (RFC 9457) that carries `code`, `stage`, `hint` and `retryable`.\n',
    markdownTable(
      ['Code', 'Exit code', 'HTTP status', 'Can pass by itself', 'What to do'],
      codes.map((name) => [
        code(name),
        String(EXIT_CODE_OF[name]),
        String(HTTP_STATUS[name]),
        ERRORS[name].retryable ? 'yes' : 'no',
        ERRORS[name].hint,
      ]),
    ),
  ].join('\n');
}
