/** A model as `GET /models` lists it. `outputType` image, text and tool end at once, others later. */
export interface SandboxModel {
  readonly id: string;
  readonly name: string;
  readonly modality: string;
  readonly cost: number;
  readonly inputTypes: readonly string[];
  readonly promptRequired: boolean;
  readonly outputType: string;
  readonly description: string;
  readonly settings: readonly object[];
}

/** An app as `GET /apps` lists it, with what a run costs. */
export interface SandboxApp {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly cost: number;
  readonly inputs: readonly {
    readonly id: string;
    readonly type: string;
    readonly label: string;
    readonly required: boolean;
    readonly targetHandle: string;
    readonly allowMultiple?: boolean;
  }[];
}

const aspectRatio = {
  key: 'aspect_ratio',
  label: 'Aspect ratio',
  inputType: 'select',
  defaultValue: '1:1',
};

export const SANDBOX_MODELS: readonly SandboxModel[] = [
  {
    id: 'google/nano-banana',
    name: 'Nano Banana',
    modality: 'image',
    cost: 70,
    inputTypes: ['text', 'image'],
    promptRequired: true,
    outputType: 'image',
    description: 'Makes an image; the run ends within the call.',
    settings: [aspectRatio],
  },
  {
    id: 'sandbox/video',
    name: 'Sandbox Video',
    modality: 'video',
    cost: 400,
    inputTypes: ['text'],
    promptRequired: true,
    outputType: 'video',
    description: 'Makes a video; the run goes on after the call.',
    settings: [aspectRatio],
  },
];

export const SANDBOX_APPS: readonly SandboxApp[] = [
  {
    id: 'cb2bbd2d-b538-4d34-a54e-a9158c2e0dbb',
    name: 'Product Hero Creator',
    description: 'Makes a hero image of a product.',
    cost: 340,
    inputs: [
      { id: 'input_prompt', type: 'text', label: 'Prompt', required: true, targetHandle: 'prompt' },
      {
        id: 'input_image',
        type: 'image',
        label: 'Reference image',
        required: false,
        targetHandle: 'image',
        allowMultiple: true,
      },
    ],
  },
];
