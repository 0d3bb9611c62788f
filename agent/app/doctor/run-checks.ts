import { hasCode } from '../../../chaincode/src/model';
import { fail, skip, worstOf, type Finding, type FindingState } from '../../domain/doctor/finding';
import type { Check, Surroundings, Visit } from './check';

/** What a check found, with its place in the manual. */
export interface CheckResult extends Finding {
  readonly check: string;
  /** Page and heading, e.g. `agent/docs/doctor.md#lease`. */
  readonly doc: string;
}

export interface Examination {
  readonly state: FindingState;
  readonly results: readonly CheckResult[];
}

const DEFECT = 'A defect in BloSM: please report it with the output of blosm doctor --verbose -o json.';

/**
 * Runs checks side by side. Never throws: what a check throws is its finding.
 * @param visit null: the configuration is not valid, and what needs it is skipped
 */
export async function runChecks(
  checks: readonly Check[],
  surroundings: Surroundings,
  visit: Visit | null,
): Promise<Examination> {
  const found = await Promise.all(
    checks.map(async (check) => {
      const findings = await runCheck(check, surroundings, visit);
      return findings.map((finding) => ({ check: check.name, ...finding, doc: `agent/docs/doctor.md#${check.name}` }));
    }),
  );
  const results = found.flat();
  return { state: worstOf(results.map(({ state }) => state)), results };
}

async function runCheck(check: Check, surroundings: Surroundings, visit: Visit | null): Promise<readonly Finding[]> {
  try {
    if (check.needs === 'nothing') return await check.run(surroundings);
    if (visit === null) return [skip('there is no valid configuration')];
    if (check.needs === 'ledger' && !(await answers(visit))) return [skip('the own peer does not answer')];
    return await check.run(visit);
  } catch (error) {
    return [thrown(error)];
  }
}

/** Whether the own peer tells of the channel; why not is the finding of the check of that name. */
async function answers(visit: Visit): Promise<boolean> {
  try {
    await visit.answers.height();
    return true;
  } catch {
    return false;
  }
}

function thrown(error: unknown): Finding {
  const seen = error instanceof Error ? error.message.replace(/^BLOSM_E_\w+: /, '') : String(error);
  const hint = error instanceof Error && 'hint' in error ? String(error.hint) : '';
  // A profile or an identity that cannot be used is one finding, not one of each check that wants it.
  return hasCode(error, 'BLOSM_E_CANCELLED') ? skip('interrupted') : fail(seen, hint === '' ? DEFECT : hint);
}
