from st2common.runners.base_action import Action


class AddAction(Action):
    def run(self, numbers):
        self.logger.info("adding %d numbers", len(numbers))
        return {"total": sum(numbers), "count": len(numbers)}
