"""Thresholds at which the trees of XGBoost and LightGBM split, by feature: where answers change."""

import json


def xgboost_thresholds(booster):
    places = {name: place for place, name in enumerate(booster.feature_names or [])}
    found = {}
    for tree in booster.get_dump(dump_format="json"):
        nodes = [json.loads(tree)]
        while nodes:
            node = nodes.pop()
            if "split_condition" in node and not isinstance(node["split_condition"], list):
                name = str(node["split"])
                place = places[name] if name in places else int(name.lstrip("f"))
                found.setdefault(place, []).append(float(node["split_condition"]))
            nodes.extend(node.get("children", []))
    return found


def lightgbm_thresholds(dump):
    found = {}
    for node in lightgbm_nodes(dump):
        if isinstance(node["threshold"], float):
            found.setdefault(node["split_feature"], []).append(node["threshold"])
    return found


def lightgbm_nodes(dump):
    for tree in dump["tree_info"]:
        waiting = [tree["tree_structure"]]
        while waiting:
            node = waiting.pop()
            if "split_feature" in node:
                yield node
            waiting.extend(node[side] for side in ("left_child", "right_child") if side in node)
