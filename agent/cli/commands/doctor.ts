import type { ExitCode } from '../exit-codes';
import type { Cli } from '../io';
import { print } from '../output/print';
import { doctorText } from '../views/doctor';
import type { Invocation } from './handler';
import { examineHere } from '../examine-here';
import { refuseInterrupted } from '../refuse-interrupted';

interface DoctorOptions {
  readonly only?: readonly string[];
}

/** `blosm doctor`: exit code 10 when a check fails. */
export async function doctor(cli: Cli, { options }: Invocation<DoctorOptions>): Promise<ExitCode> {
  const examination = await examineHere(cli, options.only);
  refuseInterrupted(cli, 'the examination');
  await print(cli, {
    kind: 'FindingList',
    fields: { state: examination.state, items: examination.results },
    names: () => examination.results.map(({ check }) => check),
    text: () => doctorText(cli, examination),
  });
  return examination.state === 'fail' ? 10 : 0;
}
