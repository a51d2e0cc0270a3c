#include "dataset/layouts.h"

const HsegLayout hseg_layouts[] = {
    {"coco", "annotations/instances_SPLIT.json, SPLIT/*.jpg; or an instances file itself",
     HSEG_TAKES_SPLIT | HSEG_TAKES_CROWD | HSEG_TAKES_BACKGROUNDS, hseg_coco_open},
    {"mapillary", "Vistas 1.2 or 2.0: config*.json, SPLIT/images/*.jpg, SPLIT/[v2.0/]labels/*.png",
     HSEG_TAKES_SPLIT | HSEG_TAKES_BACKGROUNDS, hseg_mapillary_open},
    {"tiktok", "VIDEO/images/*.png, VIDEO/masks/*.png", HSEG_TAKES_EVERY, hseg_tiktok_open},
    {"videomatte", "VideoMatte240K, to cut-outs: [SPLIT/]fgr and pha, with VIDEO.mp4 or VIDEO/*.jpg",
     HSEG_TAKES_SPLIT | HSEG_TAKES_EVERY, hseg_videomatte_open},
    {"supervisely", "Supervisely Person: DS/img/*, DS/ann/*.json", 0, hseg_supervisely_open},
    {"voc", "VOC2012 or VOCdevkit: JPEGImages, SegmentationClass, ImageSets/Segmentation/SPLIT.txt",
     HSEG_TAKES_SPLIT | HSEG_TAKES_BACKGROUNDS, hseg_voc_open},
    {0},
};
