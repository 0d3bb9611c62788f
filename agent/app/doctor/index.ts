export { askOnce } from './answers';
export type { Answers, Check, Surroundings, Visit } from './check';
export { CHECKS } from './checks';
export { unusableTlsFiles } from './tls-files';
export { runChecks, type CheckResult, type Examination } from './run-checks';
