/** Where the model lies in an image. */
const MODEL_FOLDER = 'app/model';

export const PLAN_PATH = `${MODEL_FOLDER}/plan.json`;

export function modelPath(name: string): string {
  return `${MODEL_FOLDER}/${name}`;
}
