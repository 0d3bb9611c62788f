export { examine, type ExaminationRequest } from './examine';
export { requireFit } from './require-fit';
