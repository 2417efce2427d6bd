/**
 * Repositories with the ImageNet weights of each encoder: those of torchvision where the hub has them, else weights that timm trained for the
 * same network.
 */
export const IMAGENET_REPOSITORIES: Readonly<Record<string, string>> = {
  resnet18: 'timm/resnet18.tv_in1k',
  resnet34: 'timm/resnet34.tv_in1k',
  resnet50: 'timm/resnet50.tv_in1k',
  resnet101: 'timm/resnet101.tv_in1k',
  mobilenetv2: 'timm/mobilenetv2_100.ra_in1k',
  'mobilenetv3-large': 'timm/mobilenetv3_large_100.ra_in1k',
  'efficientnet-b0': 'timm/efficientnet_b0.ra_in1k',
};

/** How images come to the weights of {@link IMAGENET_REPOSITORIES}: values from 0 to 1, minus the mean, divided by the standard deviation. */
export const IMAGENET_NORMALIZATION = { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] } as const;
